import { toSingleLine } from '../../util/control-characters.js';
import { isBranch, isPlainObject } from '../../util/branches.js';
import { joinPath } from '../../model/paths.js';
import type { ConfigVersion } from '../../history/config-version.interface.js';
import type { AsJson } from '../../control/protocol.js';
import { placeOf } from '../connection/choose-app.js';
import { findApps } from '../connection/find-apps.js';
import type { StatusResponse } from '../output/status-problems.js';
import type { Session } from '../session/session.js';

/** A word that the typed word may be completed to. */
export interface Candidate {
  readonly value: string;
  /** Shown beside the value if the shell can do that; may be empty. */
  readonly description: string;
}

/** Maximum number of paths: a shell has to sort them, and the user to read them. */
const MAX_PATHS = 1_000;

/** Lists the paths that have a value. */
export async function pathsOf(session: Session): Promise<Candidate[]> {
  const { value } = await session.read<{ value: unknown }>('get');
  const paths: Candidate[] = [];
  collect(value, '', paths);
  return paths;
}

/** Lists the paths that have an override, which `unset` can remove. */
export async function overridesOf(session: Session): Promise<Candidate[]> {
  const { overrides } = await session.read<StatusResponse>('status');
  return overrides.map(({ path, reason = '' }) => ({ value: path, description: reason }));
}

/** Lists the kept versions. */
export async function versionsOf(session: Session): Promise<Candidate[]> {
  const versions = await session.read<AsJson<ConfigVersion>[]>('history');
  return versions.map(({ version, cause, reason }) => ({
    value: String(version),
    description: reason === undefined ? cause : `${cause}: ${reason}`,
  }));
}

/** Lists the running apps, by name or by process id; by id if several have the same name. */
export async function appsOf(session: Session, by: 'name' | 'pid'): Promise<Candidate[]> {
  const found = await findApps(session.options.socketDir, session.greetingTimeout);
  for (const { connection } of found) connection?.close();
  const apps = found.flatMap(({ connection }) => connection?.app ?? []);
  return apps.map((app) => {
    const isAmbiguous = by === 'name' && apps.some((other) => other !== app && other.name === app.name);
    return { value: String(app[isAmbiguous ? 'id' : by]), description: placeOf(app) };
  });
}

function collect(value: unknown, at: string, into: Candidate[]): void {
  if (!isPlainObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    if (into.length >= MAX_PATHS) return;
    const path = joinPath(at, key);
    into.push({ value: path, description: isBranch(member) ? '' : toSingleLine(String(member), 60) });
    collect(member, path, into);
  }
}
