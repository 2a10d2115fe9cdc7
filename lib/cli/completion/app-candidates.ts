import { plainText } from '../../util/printable-text.js';
import { isBranch, isPlainObject } from '../../util/branches.js';
import { joinPath } from '../../model/paths.js';
import type { ConfigVersion } from '../../history/config-version.interface.js';
import { findApps } from '../connection/find-apps.js';
import type { AsJson } from '../output/as-json.type.js';
import type { StatusAnswer } from '../output/show-status.js';
import type { Session } from '../session/session.js';
import type { Candidate } from './candidate.interface.js';

/** Nobody reads more of them, and a shell has to sort them. */
const MOST_PATHS = 1_000;

/** The paths that have a value. */
export async function pathsOf(session: Session): Promise<Candidate[]> {
  const { value } = await session.ask<{ value: unknown }>('get');
  const paths: Candidate[] = [];
  collect(value, '', paths);
  return paths;
}

/** The paths that are overridden, which is what can be taken back. */
export async function overridesOf(session: Session): Promise<Candidate[]> {
  const { overrides } = await session.ask<StatusAnswer>('status');
  return overrides.map(({ path, reason = '' }) => ({ value: path, description: reason }));
}

/** The versions that are kept. */
export async function versionsOf(session: Session): Promise<Candidate[]> {
  const versions = await session.ask<AsJson<ConfigVersion>[]>('history');
  return versions.map(({ version, cause, reason }) => ({
    value: String(version),
    description: reason === undefined ? cause : `${cause}: ${reason}`,
  }));
}

/** The apps that run, by name or by process. */
export async function appsOf(session: Session, by: 'name' | 'pid'): Promise<Candidate[]> {
  const found = await findApps(session.options.socketDir, session.greetingTimeout);
  return found.flatMap(({ link }) => {
    link?.close();
    return link === undefined ? [] : [{ value: String(link.app[by]), description: link.app.cwd }];
  });
}

function collect(value: unknown, at: string, into: Candidate[]): void {
  if (!isPlainObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    if (into.length >= MOST_PATHS) return;
    const path = joinPath(at, key);
    into.push({ value: path, description: isBranch(member) ? '' : plainText(String(member), 60) });
    collect(member, path, into);
  }
}
