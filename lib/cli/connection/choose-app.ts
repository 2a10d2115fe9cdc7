import { dirname, isAbsolute, relative, sep } from 'node:path';
import { toSingleLine } from '../../util/control-characters.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { AppConnection } from './app-connection.interface.js';
import { directoriesOf, findApps, findAppsElsewhere, type FoundApp } from './find-apps.js';

/** The options that choose one of several running apps. */
export interface AppChoice {
  readonly app?: string;
  readonly pid?: number;
  readonly socketDir?: string;
  /** Timeout for the greeting of an app, in ms. */
  readonly timeout: number;
}

/**
 * Connects to the chosen app. If several match, the only one of them that runs in this folder is meant. Rejects with a
 * `CliError` if no app or several apps match.
 */
export async function chooseApp(choice: AppChoice): Promise<AppConnection> {
  const found = await findApps(choice.socketDir, choice.timeout);
  const chosen = found.filter((app) => matches(app, choice));
  const here = chosen.filter(({ connection }) => connection !== undefined && isHere(connection.app.cwd));
  const isNamed = choice.app !== undefined || choice.pid !== undefined;
  const matching = here.length === 1 && !isNamed ? here : chosen;
  for (const app of found) if (matching.length !== 1 || app !== matching[0]) app.connection?.close();
  const [only] = matching;
  if (matching.length > 1) throw severalApps(matching);
  if (only?.connection === undefined) throw only?.problem ?? (await noApp(found, choice));
  return only.connection;
}

/**
 * Checks whether an app runs in the working directory, or in one above it.
 *
 * @param folder the working directory of the app
 */
export function isHere(folder: string): boolean {
  // Empty if that directory was removed.
  if (!isAbsolute(folder)) return false;
  const here = relative(folder, workingDirectory() ?? folder);
  // All folders are below the root, where services run whose manager sets no other directory.
  if (dirname(folder) === folder) return here === '';
  return here !== '..' && !here.startsWith(`..${sep}`) && !isAbsolute(here);
}

/** Returns undefined if it does not exist any more. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Returns the error for no matching app among those found. */
export async function noApp(found: readonly FoundApp[], choice: AppChoice): Promise<CliError> {
  if (found.length === 0) {
    const elsewhere = await findAppsElsewhere(choice.socketDir, choice.timeout);
    for (const { connection } of elsewhere) connection?.close();
    return elsewhere.length > 0 ? appsElsewhere(elsewhere, choice) : noAppAtAll(choice);
  }
  const { app, pid } = choice;
  const options = [app !== undefined && `--app ${app}`, pid !== undefined && `--pid ${pid}`];
  return new CliError(
    ExitCode.NoApp,
    'NO_SUCH_APP',
    `No running app matches ${options.filter(Boolean).join(' ')}. Running apps:\n${listOf(found)}`,
    'Choose one of them with --app NAME or --pid PID.',
  );
}

function noAppAtAll({ socketDir }: AppChoice): CliError {
  return new CliError(
    ExitCode.NoApp,
    'NO_APP',
    'No running app was found.',
    'Start the app. With NODE_ENV=production or NODE_ENV=test it also needs control: true or HOT_CONFIG_CONTROL=true. ' +
      'It must run as the same user, on the same machine or in the same container; otherwise use --url. ' +
      `Searched for its socket: ${directoriesOf(socketDir).join(', ')}.`,
  );
}

/** The apps use other directories for their sockets than the one that was searched. */
function appsElsewhere(apps: readonly FoundApp[], choice: AppChoice): CliError {
  const [directory] = directoriesOf(choice.socketDir);
  const lines = apps.map(
    (app) => `  ${toSingleLine(`${describeApp(app)}  --socket-dir ${app.socketDir}`, 500)}`,
  );
  return new CliError(
    ExitCode.NoApp,
    'NO_APP',
    `No running app was found in ${directory}. Apps that run elsewhere:\n${lines.join('\n')}`,
    'Choose one of them with --socket-dir DIR, or unset HOT_CONFIG_SOCKET_DIR.',
  );
}

function severalApps(apps: readonly FoundApp[]): CliError {
  const isOneHere = apps.some(({ connection }) => connection !== undefined && isHere(connection.app.cwd));
  const names = new Set(apps.map(({ id, connection }) => connection?.app.name ?? id));
  const where = isOneHere ? '' : ', none of them in this folder';
  return new CliError(
    ExitCode.SeveralApps,
    'SEVERAL_APPS',
    `${apps.length} apps are running${where}:\n${listOf(apps)}`,
    names.size === apps.length ? 'Choose one with --app NAME or --pid PID.' : 'Choose one with --pid PID.',
  );
}

function listOf(apps: readonly FoundApp[]): string {
  return apps.map((app) => `  ${toSingleLine(describeApp(app), 500)}`).join('\n');
}

function describeApp({ id, connection, problem }: FoundApp): string {
  if (connection === undefined) return `${id}  (${problem?.message ?? 'does not respond'})`;
  const { name, pid, cwd } = connection.app;
  return `${name}  --pid ${pid}  ${cwd}${isHere(cwd) ? '  (this folder)' : ''}`;
}

function matches({ id, connection }: FoundApp, { app, pid }: AppChoice): boolean {
  if (pid !== undefined && pid !== (connection?.app.pid ?? pidIn(id))) return false;
  return app === undefined || app === id || app === (connection?.app.name ?? id.replace(/(-\d+){1,2}$/, ''));
}

/** Reads the process id of an app that does not respond from the name of its socket. */
function pidIn(id: string): number | undefined {
  const [, pid] = /-(\d+)(?:-\d)?$/.exec(id) ?? [];
  return pid === undefined ? undefined : Number(pid);
}
