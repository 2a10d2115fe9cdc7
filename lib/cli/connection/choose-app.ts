import { hostname } from 'node:os';
import type { AppIdentity } from '../../control/protocol.js';
import { toSingleLine } from '../../util/control-characters.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { AppConnection } from './app-connection.interface.js';
import { isHere, nearnessOf } from './this-folder.js';
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
 * Connects to the chosen app. If no app is chosen and several run, that of this folder is meant. Rejects with a `CliError`
 * if no app or several apps match.
 */
export async function chooseApp(choice: AppChoice): Promise<AppConnection> {
  const found = await findApps(choice.socketDir, choice.timeout);
  const chosen = found.filter((app) => matches(app, choice));
  const isNamed = choice.app !== undefined || choice.pid !== undefined;
  const matching = isNamed ? chosen : nearest(chosen);
  for (const app of found) if (matching.length !== 1 || app !== matching[0]) app.connection?.close();
  const [only] = matching;
  if (matching.length > 1) throw severalApps(chosen);
  if (only?.connection === undefined) throw only?.problem ?? (await noApp(found, choice));
  return only.connection;
}

/** Returns the apps of this folder; all apps if there is none. */
function nearest(apps: readonly FoundApp[]): readonly FoundApp[] {
  for (const nearness of ['package', 'started'] as const) {
    const here = apps.filter(
      ({ connection }) => connection !== undefined && nearnessOf(connection.app) === nearness,
    );
    if (here.length > 0) return here;
  }
  return apps;
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
    (app) => `  ${toSingleLine(`${describeApp(app, apps)}  --socket-dir ${app.socketDir}`, 500)}`,
  );
  return new CliError(
    ExitCode.NoApp,
    'NO_APP',
    `No running app was found in ${directory}. Apps that run elsewhere:\n${lines.join('\n')}`,
    'Choose one of them with --socket-dir DIR, or unset HOT_CONFIG_SOCKET_DIR.',
  );
}

function severalApps(apps: readonly FoundApp[]): CliError {
  const isOneHere = apps.some(({ connection }) => connection !== undefined && isHere(connection.app));
  const where = isOneHere ? '' : ', none of them in this folder';
  return new CliError(
    ExitCode.SeveralApps,
    'SEVERAL_APPS',
    `${apps.length} apps are running${where}:\n${listOf(apps)}`,
    `Choose one with ${waysToChoose(apps)}.`,
  );
}

/** Apps of several containers can have the same process id, and those of one process have. */
function waysToChoose(apps: readonly FoundApp[]): string {
  const [names, pids] = [isUnique(apps, 'name'), isUnique(apps, 'pid')];
  if (names && pids) return '--app NAME or --pid PID';
  return pids ? '--pid PID' : names ? '--app NAME' : '--app ID, as in the list';
}

function isUnique(apps: readonly FoundApp[], member: 'name' | 'pid'): boolean {
  return new Set(apps.map(({ id, connection }) => connection?.app[member] ?? id)).size === apps.length;
}

function listOf(apps: readonly FoundApp[]): string {
  return apps.map((app) => `  ${toSingleLine(describeApp(app, apps), 500)}`).join('\n');
}

function describeApp({ id, connection, problem }: FoundApp, all: readonly FoundApp[]): string {
  if (connection === undefined) return `${id}  (${problem?.message ?? 'does not respond'})`;
  const { app } = connection;
  const option = isUnique(all, 'pid') || isUnique(all, 'name') ? `--pid ${app.pid}` : `--app ${app.id}`;
  return `${app.name}  ${option}  ${placeOf(app)}${isHere(app) ? '  (this folder)' : ''}`;
}

/** Returns the folder of an app; for one of another machine or container, with the name of that. */
export function placeOf({ cwd, folder = cwd, host }: AppIdentity): string {
  const where = folder || 'a folder that was removed';
  return host === undefined || host === hostname() ? where : `${where} on ${host}`;
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
