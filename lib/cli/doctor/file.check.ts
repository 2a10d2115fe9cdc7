import { accessSync, constants, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '../../util/reason-of.js';
import type { Finding } from './finding.interface.js';
import { lacksEvents, type Mount, mountAt } from './mounts-without-events.js';

/** Tolerance for modification times in the future, in ms. A larger difference means that two clocks differ. */
const CLOCK_TOLERANCE = 2_000;

/**
 * Checks whether a configuration file can be read, and whether its changes are detected.
 *
 * @param isWatched `true` if a running app watches it. If the app needs a file that is missing, that is a problem of the app
 */
export function checkFile(
  path: string,
  mounts: readonly Mount[],
  isPolled: boolean,
  isWatched = false,
): Finding[] {
  try {
    if (isWatched && lstatSync(path, { throwIfNoEntry: false }) === undefined)
      return [{ check: path, state: 'ok', text: 'does not exist; the app reads it when it appears' }];
    return [
      checkAccess(path),
      ...checkMount(realpathSync(path), path, mounts, isPolled),
      ...checkClock(path, Date.now()),
    ];
  } catch (error) {
    const next =
      'Check the path (it is relative to the working directory) and the permissions of the file and its folders.';
    return [{ check: path, state: 'fail', text: `cannot be read: ${reasonOf(error)}`, next }];
  }
}

function checkAccess(path: string): Finding {
  accessSync(path, constants.R_OK);
  const links = linksOn(path);
  const way = links.length === 0 ? '' : `, through a link to ${links.join(' → ')}`;
  const { mode } = statSync(path);
  if ((mode & 0o002) === 0) return { check: path, state: 'ok', text: `can be read${way}` };
  return {
    check: path,
    state: 'warn',
    text: `can be read${way}, and all users can write to it`,
    next: `Run: chmod o-w ${path}`,
  };
}

/** Lists the targets of the links, one after the other. */
function linksOn(path: string): string[] {
  const links: string[] = [];
  // The system follows fewer than 40 links.
  for (let at = resolve(path); links.length < 40 && lstatSync(at).isSymbolicLink(); at = links.at(-1)!)
    links.push(resolve(dirname(at), readlinkSync(at)));
  return links;
}

function checkMount(real: string, path: string, mounts: readonly Mount[], isPolled: boolean): Finding[] {
  const mount = mountAt(real, mounts);
  if (mount === undefined) return [];
  if (mount.point === real && !statSync(real).isDirectory()) {
    const next =
      'Mount its folder instead: a file that is mounted by itself is not updated when the original is replaced.';
    return [{ check: path, state: 'warn', text: 'is mounted by itself', next }];
  }
  if (!lacksEvents(mount)) return [];
  const text = `is on ${mount.type}, which sends no events for changes by other machines`;
  if (isPolled) return [{ check: path, state: 'ok', text: `${text}; it is polled` }];
  return [{ check: path, state: 'warn', text, next: 'Set usePolling: true or CHOKIDAR_USEPOLLING=true.' }];
}

function checkClock(path: string, now: number): Finding[] {
  const ahead = statSync(path).mtimeMs - now;
  if (ahead < CLOCK_TOLERANCE) return [];
  return [
    {
      check: path,
      state: 'warn',
      text: `has a modification time ${Math.round(ahead / 1_000)} s in the future`,
      next: 'Synchronise the clock of this machine with that of the machine that wrote the file (NTP).',
    },
  ];
}
