import { plainText } from '../../util/printable-text.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { findApps, type FoundApp } from './find-apps.js';
import type { Link } from './app-connection.interface.js';

/** How a person says which app they mean. */
export interface Choice {
  readonly app?: string;
  readonly pid?: number;
  readonly socketDir?: string;
  /** How long an app may take to greet, in ms. */
  readonly timeout: number;
}

/** The one app that is meant. Rejects with a `CliError` where there is none, or more than one. */
export async function chooseApp(choice: Choice): Promise<Link> {
  const found = await findApps(choice.socketDir, choice.timeout);
  const meant = found.filter((app) => isMeant(app, choice));
  for (const app of found) if (meant.length !== 1 || app !== meant[0]) app.link?.close();
  const [only] = meant;
  if (meant.length > 1) throw several(meant);
  if (only?.link === undefined) throw only?.problem ?? noApp(found, choice);
  return only.link;
}

/** What is told of an app in a list. */
function describeApp({ id, link, problem }: FoundApp): string {
  const text =
    link === undefined
      ? `${id}  (${problem?.message ?? 'does not answer'})`
      : `${link.app.name}  --pid ${link.app.pid}  ${link.app.cwd}`;
  return plainText(text, 500);
}

function isMeant({ id, link }: FoundApp, { app, pid }: Choice): boolean {
  if (pid !== undefined && pid !== (link?.app.pid ?? pidIn(id))) return false;
  return app === undefined || app === id || app === (link?.app.name ?? id.replace(/(-\d+){1,2}$/, ''));
}

/** The process of an app that does not answer, as its socket is called. */
function pidIn(id: string): number | undefined {
  const [, pid] = /-(\d+)(?:-\d)?$/.exec(id) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

function several(apps: readonly FoundApp[]): CliError {
  return new CliError(
    ExitCode.SeveralApps,
    'SEVERAL_APPS',
    `${apps.length} apps are running:\n${apps.map((app) => `  ${describeApp(app)}`).join('\n')}`,
    'Choose one with --app NAME or --pid PID.',
  );
}

/** Why there is no app to talk to. */
export function noApp(found: readonly FoundApp[], { app, pid }: Pick<Choice, 'app' | 'pid'>): CliError {
  if (found.length === 0) {
    return new CliError(
      ExitCode.NoApp,
      'NO_APP',
      'No running app was found.',
      'Start it; under NODE_ENV=production or test it also needs control: true (or HOT_CONFIG_CONTROL=true). ' +
        'It must run as the same user, on the same machine or in the same container; elsewhere use --url.',
    );
  }
  const wanted = [app !== undefined && `called ${app}`, pid !== undefined && `with pid ${pid}`]
    .filter(Boolean)
    .join(' ');
  return new CliError(
    ExitCode.NoApp,
    'NO_SUCH_APP',
    `No app ${wanted} is running. These are:\n${found.map((other) => `  ${describeApp(other)}`).join('\n')}`,
    'Choose one of them with --app NAME or --pid PID.',
  );
}
