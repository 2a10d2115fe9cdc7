import type { Command } from 'commander';
import type { ReloadResponse } from '../../control/responses.js';
import { isPlainObject } from '../../util/branches.js';
import { escapeControlsKeepLines } from '../../util/control-characters.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { cell, type Output } from '../output/output.js';
import { showChanges, summaryOf } from '../output/show-reload.js';
import type { Runner, Session } from '../session/session.js';
import { examples } from './examples.js';

/** The first event of `watch`: the state at the start. */
interface WatchStarted {
  readonly watching: boolean;
  readonly version: number;
}

/** The longest time that a timer accepts, in ms: 24 days. */
const FOREVER = 2 ** 31 - 1;

export function addWatchCommand(program: Command, run: Runner): void {
  program
    .command('watch')
    .description('print each reload as it happens, until Ctrl-C')
    .addHelpText('after', examples('watch', 'watch --reconnect --json'))
    .option('--reconnect', 'when the app stops, wait until it runs again')
    .action(
      run<{ reconnect?: true }>((session, _args, { reconnect }) =>
        reconnect ? watchForever(session) : watch(session),
      ),
    );
}

/** Ends only with an error: the app disconnects or refuses. */
async function watch(session: Session): Promise<void> {
  const connection = await session.connect();
  const onEvent = (event: unknown) => showEvent(session.output, event);
  await connection.call({ method: 'watch', timeout: Infinity, onEvent });
}

async function watchForever(session: Session): Promise<never> {
  for (let current = session; ; current = session.with({ wait: FOREVER, pid: undefined })) {
    await watch(current).catch((error: unknown) => {
      if (!(error instanceof CliError) || error.exitCode !== ExitCode.Connection) throw error;
      session.output.note(`${error.message} Waiting until it runs again.`);
    });
  }
}

/** Ignores events of other kinds, which a newer app may send: JSON has them. */
function showEvent(output: Output, event: unknown): void {
  if (output.isJson) output.jsonLine(event);
  else if (isPlainObject(event) && 'outcome' in event)
    showReloadLine(output, event as unknown as ReloadResponse);
  else if (isPlainObject(event) && 'watching' in event) showStart(output, event as unknown as WatchStarted);
}

function showStart(output: Output, { version, watching }: WatchStarted): void {
  output.note(
    `Version ${cell(version)} is in force. ${watching ? 'Sources are watched.' : 'Sources are not watched.'}`,
  );
}

function showReloadLine(output: Output, response: ReloadResponse): void {
  const { outcome, version, cause, time, error } = response;
  // An outcome that only a newer app knows may have neither changes nor a duration.
  const { changes = [], durationMs } = response as Partial<ReloadResponse>;
  if (!output.isTerminal) {
    const paths = changes.map(({ path }) => path).join(' ');
    return output.cells(
      [time, outcome, version, cause, durationMs?.toFixed(1), paths, error?.message ?? ''].map(cell),
    );
  }
  output.line(`${output.style('dim', output.time(time))}  ${summaryOf(output, response)}`);
  // The first line of the message repeats the summary.
  if (error !== undefined)
    output.line(escapeControlsKeepLines(error.message).split('\n').slice(1).join('\n'));
  else showChanges(output, response);
}
