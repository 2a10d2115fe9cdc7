import type { Command } from 'commander';
import { visibleText } from '../../util/printable-text.js';
import type { ReloadResponse } from '../../control/responses.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { Output } from '../output/output.js';
import { showChanges, summaryOf } from '../output/show-reload.js';
import { moment } from '../output/format-time.js';
import type { Session } from '../session/session.js';
import type { Runner } from '../session/runner.js';

/** What `watch` tells first: where the app stands. */
interface Beginning {
  readonly watching: boolean;
  readonly version: number;
}

type WatchEvent = Beginning | ReloadResponse;

/** How long to wait for an app that went away, in ms: as long as a person waits. */
const FOREVER = 2 ** 31 - 1;

export function addWatchCommand(program: Command, run: Runner): void {
  program
    .command('watch')
    .description('follow the reloads as they happen, until Ctrl-C')
    .option('--reconnect', 'when the app goes away, wait for it to come back')
    .action(
      run<{ reconnect?: true }>((session, _args, { reconnect }) =>
        reconnect ? keepFollowing(session) : follow(session),
      ),
    );
}

/** Ends only by an error: the app went away, or refuses. */
async function follow(session: Session): Promise<void> {
  const link = await session.connect();
  const onEvent = (event: unknown) => showEvent(session.output, event as WatchEvent);
  await link.call({ method: 'watch', timeout: Infinity, onEvent });
}

async function keepFollowing(session: Session): Promise<never> {
  for (let current = session; ; current = session.with({ wait: FOREVER, pid: undefined })) {
    await follow(current).catch((error: unknown) => {
      if (!(error instanceof CliError) || error.exitCode !== ExitCode.Connection) throw error;
      session.output.note(`${error.message} Waiting for it to come back.`);
    });
  }
}

function showEvent(output: Output, event: WatchEvent): void {
  if (output.isJson) output.jsonLine(event);
  else if ('outcome' in event) showReloadLine(output, event);
  else
    output.note(
      `Version ${event.version} is in force. ${event.watching ? 'Sources are watched.' : 'Sources are not watched.'}`,
    );
}

function showReloadLine(output: Output, answer: ReloadResponse): void {
  const { outcome, version, cause, changes, durationMs, time, error } = answer;
  if (!output.isTerminal) {
    const paths = changes.map(({ path }) => path).join(' ');
    return output.cells(
      [time, outcome, version, cause, durationMs.toFixed(1), paths, error?.message ?? ''].map(String),
    );
  }
  output.line(`${output.style('dim', moment(time))}  ${summaryOf(output, answer)}`);
  if (error !== undefined) output.line(visibleText(error.message).split('\n').slice(1).join('\n'));
  else showChanges(output, answer);
}
