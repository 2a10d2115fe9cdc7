import type { Command } from 'commander';
import { CliError } from '../cli.error.js';
import { ExitCode } from '../exit-code.js';
import { noApp } from '../link/choose-app.js';
import { findApps } from '../link/find-apps.js';
import { cell } from '../output/output.js';
import { problemsOf, showStatus, type StatusAnswer } from '../output/status-text.js';
import { moment } from '../output/times.js';
import type { Session } from '../session.js';
import type { Runner } from './runner.js';

/** The commands that tell how apps stand. */
export function addStatusCommands(program: Command, run: Runner): void {
  program
    .command('apps')
    .description('the running apps that can be asked')
    .action(run((session) => listApps(session)));

  program
    .command('status')
    .description('how configuration stands')
    .option('--check', 'end with 1 where something is wrong: drift, an open breaker, a source that is down')
    .action(
      run<{ check?: true }>(async (session, _args, { check }) => {
        const status = await session.ask<StatusAnswer>('status');
        if (session.output.isJson) session.output.json(status);
        else showStatus(session.output, status);
        const problems = problemsOf(status);
        if (check && problems.length > 0)
          throw new CliError(
            ExitCode.No,
            'NOT_WELL',
            `Not well: ${problems.join('; ')}.`,
            'Look closer: hot-config doctor',
          );
      }),
    );
}

async function listApps({ output, options, greetingTimeout }: Session): Promise<void> {
  const found = await findApps(options.socketDir, greetingTimeout);
  for (const { link } of found) link?.close();
  if (output.isJson) return output.json(found.map(({ id, link }) => link?.app ?? { id, answers: false }));
  if (found.length === 0) throw noApp(found, options);
  output.table(
    ['name', 'pid', 'since', 'folder', 'node', 'nestjs-hot-config'],
    found.map(({ id, link }) =>
      link === undefined
        ? [id, '', 'does not answer', '', '', '']
        : [
            cell(link.app.name),
            String(link.app.pid),
            output.isTerminal ? moment(link.app.startedAt) : link.app.startedAt,
            cell(link.app.cwd),
            cell(link.app.node),
            cell(link.app.version),
          ],
    ),
  );
}
