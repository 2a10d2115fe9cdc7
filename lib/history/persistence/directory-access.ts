import type { Stats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigOptionsError } from '../../errors/config.errors.js';

/** Permissions to write for the group and for all other users. */
const GROUP = 0o020;
const OTHERS = 0o002;
const OR_KEY = ', or set "history.key"';
/** In a directory with this bit, a user can remove and rename only what is their own, as in `/tmp`. */
const STICKY = 0o1000;

/**
 * Checks that no other user can write versions: they would be restored. The directory must belong to the user of this
 * process or to root, and not every user may write to it.
 *
 * With a key, that is all: what others put in its place, or a group writes to it, is not authentic. Volumes of Kubernetes
 * need this: an `emptyDir` can be written by every user, and one with `fsGroup` by a group. Without a key, no group may
 * write to it, and no other user may replace a directory above it; a group may if the process is a member of it, as in many
 * home folders.
 *
 * A directory that does not exist is created with the mode 0700. Windows has no such permissions.
 *
 * @throws ConfigOptionsError with the command that fixes it
 */
export async function checkDirectoryAccess(directory: string, hasKey: boolean): Promise<void> {
  if (process.getuid === undefined) return;
  const real = await realpath(directory).catch(() => directory);
  // Above a link, both the link and what it leads to can be replaced.
  for (const path of new Set([...withParents(real), ...withParents(directory)])) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) continue;
    const problem = problemOf(path, stats, { isOwn: path === real, hasKey });
    if (problem === undefined) continue;
    const place = path === directory ? '' : `, because of ${path}`;
    throw new ConfigOptionsError(
      `The directory ${directory} of the option "history.dir" is not used${place}: ${problem}`,
    );
  }
}

/** Checks whether a file or directory belongs to neither the user of this process nor root. */
export function isForeign({ uid }: Pick<Stats, 'uid'>): boolean {
  const own = process.geteuid?.();
  return own !== undefined && uid !== own && uid !== 0;
}

function problemOf(
  path: string,
  stats: Stats,
  { isOwn, hasKey }: { readonly isOwn: boolean; readonly hasKey: boolean },
): string | undefined {
  if (stats.isSymbolicLink())
    return isForeign(stats) ? `it is a link that user ${stats.uid} made; use a directory instead` : undefined;
  if (!stats.isDirectory()) return undefined; // what can be done with it shows when it is read
  if (isOwn && isForeign(stats))
    return `it belongs to user ${stats.uid}, who could write versions. Run: chown ${process.geteuid!()} ${path}`;
  if (!isOwn && (hasKey || (stats.mode & STICKY) !== 0)) return undefined;
  const mode = `its mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')} lets`;
  if ((stats.mode & OTHERS) !== 0)
    return `${mode} every user write to it. Run: chmod ${stats.mode & GROUP ? 'go-w' : 'o-w'} ${path}${isOwn ? '' : OR_KEY}`;
  if ((stats.mode & GROUP) === 0) return undefined;
  const trusted = [0, process.getegid!(), ...process.getgroups!()];
  if (isOwn ? hasKey : trusted.includes(stats.gid)) return undefined;
  return `${mode} the group ${stats.gid} write to it. Run: chmod g-w ${path}${OR_KEY}`;
}

function withParents(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [path, ...withParents(parent)];
}
