import { accessSync, constants, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '../../util/reason-of.js';
import type { Finding } from './finding.interface.js';
import { isSilent, mountAt, type Mount } from './mounts-without-events.js';

/** A file from the future is a file of another clock; so much may be imprecision, in ms. */
const TOLERANCE = 2_000;

/** Whether a configuration file can be read, and whether its changes are noticed. */
export function checkFile(
  path: string,
  mounts: readonly Mount[],
  isPolled: boolean,
  now = Date.now(),
): Finding[] {
  try {
    return [readable(path), ...watched(realpathSync(path), path, mounts, isPolled), ...clock(path, now)];
  } catch (error) {
    const next =
      'Check the path, from the working directory of the app, and who may read it and enter its folders.';
    return [{ check: path, state: 'fail', text: `cannot be read: ${reasonOf(error)}`, next }];
  }
}

function readable(path: string): Finding {
  accessSync(path, constants.R_OK);
  const links = linksOn(path);
  const way = links.length === 0 ? '' : `, by way of ${links.join(' → ')}`;
  const { mode } = statSync(path);
  if ((mode & 0o002) === 0) return { check: path, state: 'ok', text: `can be read${way}` };
  return {
    check: path,
    state: 'warn',
    text: `can be read${way}, and written by everybody on this machine`,
    next: `chmod o-w ${path}`,
  };
}

/** Where the links lead, one after the other. */
function linksOn(path: string): string[] {
  const links: string[] = [];
  // More than the system itself follows.
  for (let at = resolve(path); links.length < 40 && lstatSync(at).isSymbolicLink(); at = links.at(-1)!)
    links.push(resolve(dirname(at), readlinkSync(at)));
  return links;
}

function watched(real: string, path: string, mounts: readonly Mount[], isPolled: boolean): Finding[] {
  const mount = mountAt(real, mounts);
  if (mount === undefined) return [];
  if (mount.point === real && !statSync(real).isDirectory()) {
    const next =
      'Mount its folder instead: a file mounted on its own stays the file that was there at the start.';
    return [{ check: path, state: 'warn', text: 'is mounted on its own', next }];
  }
  if (!isSilent(mount)) return [];
  const text = `is on ${mount.type}, which does not announce what others change`;
  if (isPolled) return [{ check: path, state: 'ok', text: `${text}; it is polled` }];
  return [{ check: path, state: 'warn', text, next: 'Set usePolling: true, or CHOKIDAR_USEPOLLING=true.' }];
}

function clock(path: string, now: number): Finding[] {
  const ahead = statSync(path).mtimeMs - now;
  if (ahead < TOLERANCE) return [];
  return [
    {
      check: path,
      state: 'warn',
      text: `was changed ${Math.round(ahead / 1_000)} s in the future`,
      next: 'The clocks of this machine and of the one that wrote it differ: synchronise them (NTP).',
    },
  ];
}
