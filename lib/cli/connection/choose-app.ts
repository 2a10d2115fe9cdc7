import { toSingleLine } from '../../util/control-characters.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { AppConnection } from './app-connection.interface.js';
import { findApps, type FoundApp } from './find-apps.js';

/** The options that choose one of several running apps. */
export interface AppChoice {
  readonly app?: string;
  readonly pid?: number;
  readonly socketDir?: string;
  /** Timeout for the greeting of an app, in ms. */
  readonly timeout: number;
}

/** Connects to the chosen app. Rejects with a `CliError` if no app or several apps match. */
export async function chooseApp(choice: AppChoice): Promise<AppConnection> {
  const found = await findApps(choice.socketDir, choice.timeout);
  const matching = found.filter((app) => matches(app, choice));
  for (const app of found) if (matching.length !== 1 || app !== matching[0]) app.connection?.close();
  const [only] = matching;
  if (matching.length > 1) throw severalApps(matching);
  if (only?.connection === undefined) throw only?.problem ?? noApp(found, choice);
  return only.connection;
}

/** Returns the error for no matching app among those found. */
export function noApp(found: readonly FoundApp[], { app, pid }: Pick<AppChoice, 'app' | 'pid'>): CliError {
  if (found.length === 0) {
    return new CliError(
      ExitCode.NoApp,
      'NO_APP',
      'No running app was found.',
      'Start the app. With NODE_ENV=production or NODE_ENV=test it also needs control: true or HOT_CONFIG_CONTROL=true. ' +
        'It must run as the same user, on the same machine or in the same container; otherwise use --url.',
    );
  }
  const options = [app !== undefined && `--app ${app}`, pid !== undefined && `--pid ${pid}`];
  return new CliError(
    ExitCode.NoApp,
    'NO_SUCH_APP',
    `No running app matches ${options.filter(Boolean).join(' ')}. Running apps:\n${listOf(found)}`,
    'Choose one of them with --app NAME or --pid PID.',
  );
}

function severalApps(apps: readonly FoundApp[]): CliError {
  return new CliError(
    ExitCode.SeveralApps,
    'SEVERAL_APPS',
    `${apps.length} apps are running:\n${listOf(apps)}`,
    'Choose one with --app NAME or --pid PID.',
  );
}

function listOf(apps: readonly FoundApp[]): string {
  return apps.map((app) => `  ${toSingleLine(describeApp(app), 500)}`).join('\n');
}

function describeApp({ id, connection, problem }: FoundApp): string {
  if (connection === undefined) return `${id}  (${problem?.message ?? 'does not respond'})`;
  const { name, pid, cwd } = connection.app;
  return `${name}  --pid ${pid}  ${cwd}`;
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
