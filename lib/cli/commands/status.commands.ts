import type { Command } from 'commander';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { noApp } from '../connection/choose-app.js';
import { findApps, type FoundApp } from '../connection/find-apps.js';
import { cell, type Output } from '../output/output.js';
import { problemsOf, showStatus, type StatusAnswer } from '../output/show-status.js';
import type { Session } from '../session/session.js';
import type { Runner } from '../session/runner.js';

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

async function listApps(session: Session): Promise<void> {
  const { output } = session;
  const found = await everyApp(session);
  for (const { link } of found) link?.close();
  if (output.isJson) output.json(found.map(inJson));
  // Programs have their empty list by now, and the same code as people.
  if (found.length === 0) throw noApp(found, session.options);
  if (output.isJson) return;
  output.table(
    ['name', 'pid', 'since', 'folder', 'node', 'nestjs-hot-config'],
    found.map((app) => row(output, app)),
  );
}

/** The app at a URL is the only one there. */
async function everyApp(session: Session): Promise<FoundApp[]> {
  const { options, greetingTimeout } = session;
  if (options.url === undefined) return findApps(options.socketDir, greetingTimeout);
  const link = await session.connect();
  return [{ id: link.app.id, link }];
}

function inJson({ id, link, problem }: FoundApp): object {
  if (link !== undefined) return link.app;
  return { id, answers: false, ...(problem && { error: { code: problem.code, message: problem.message } }) };
}

function row(output: Output, { id, link, problem }: FoundApp): string[] {
  if (link === undefined) return [id, '', '', cell(problem?.message), '', ''];
  const { name, pid, startedAt, cwd, node, version } = link.app;
  return [cell(name), String(pid), output.moment(startedAt), cell(cwd), cell(node), cell(version)];
}
