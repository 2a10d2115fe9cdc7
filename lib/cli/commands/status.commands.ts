import type { Command } from 'commander';
import { noApp, placeOf } from '../connection/choose-app.js';
import { findApps, type FoundApp } from '../connection/find-apps.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { cell, type Output } from '../output/output.js';
import { showStatus } from '../output/show-status.js';
import { problemsIn, type StatusResponse } from '../output/status-problems.js';
import type { Runner, Session } from '../session/session.js';
import { examples } from './examples.js';

/** Adds the commands that show the state of apps. */
export function addStatusCommands(program: Command, run: Runner): void {
  program
    .command('apps')
    .description('list the running apps')
    .addHelpText('after', examples('apps', 'apps --json'))
    .action(run((session) => listApps(session)));

  program
    .command('status')
    .description('show the version in force, the sources, the overrides and the problems of an app')
    .addHelpText('after', examples('status', 'status --check', 'status --app gateway --wait 30s'))
    .option('--check', 'exit with 1 if there is a problem, for example a source that is down')
    .action(
      run<{ check?: true }>(async (session, _args, { check }) => {
        const status = await session.read<StatusResponse>('status');
        if (session.output.isJson) session.output.json(status);
        else showStatus(session.output, status);
        const problems = problemsIn(status);
        if (check && problems.length > 0)
          throw new CliError(
            ExitCode.No,
            'NOT_WELL',
            session.output.message(
              `The app has ${problems.length === 1 ? 'a problem' : 'problems'}: ${problems.join('; ')}.`,
            ),
            'For details: hot-config doctor',
          );
      }),
    );
}

async function listApps(session: Session): Promise<void> {
  const { output } = session;
  const found = await allApps(session);
  for (const { connection } of found) connection?.close();
  if (output.isJson) output.json(found.map(toJson));
  // With --json, the empty list is printed by now; the exit code is the same.
  if (found.length === 0) throw await noApp(found, { ...session.choice, timeout: session.greetingTimeout });
  if (output.isJson) return;
  output.table(
    ['name', 'pid', 'since', 'folder', 'node', 'nestjs-hot-config'],
    found.map((app) => row(output, app, isTwin(app, found))),
  );
}

/** Checks whether another app has the same name and process id: of the same process, or of another container. */
function isTwin(app: FoundApp, all: readonly FoundApp[]): boolean {
  const keyOf = ({ id, connection }: FoundApp) =>
    connection === undefined ? id : JSON.stringify([connection.app.name, connection.app.pid]);
  return all.some((other) => other !== app && keyOf(other) === keyOf(app));
}

/** The app at a URL is the only one there. */
async function allApps(session: Session): Promise<FoundApp[]> {
  const { options, greetingTimeout } = session;
  if (options.url === undefined) return findApps(options.socketDir, greetingTimeout);
  const connection = await session.connect();
  return [{ id: connection.app.id, socketDir: '', connection }];
}

function toJson({ id, connection, problem }: FoundApp): object {
  if (connection !== undefined) return connection.app;
  return { id, answers: false, ...(problem && { error: { code: problem.code, message: problem.message } }) };
}

/** @param byId shows the id, which `--app` takes too, in place of the name */
function row(output: Output, { id, connection, problem }: FoundApp, byId: boolean): string[] {
  if (connection === undefined) return [cell(id), '', '', cell(problem?.message), '', ''];
  const { app } = connection;
  const { name, pid, startedAt, node, version } = app;
  const shown = cell(byId ? app.id : name);
  return [shown, String(pid), output.time(startedAt), cell(placeOf(app)), cell(node), cell(version)];
}
