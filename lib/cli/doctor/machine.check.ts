import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { isTrusted, socketDirectories } from '../../control/socket-directory.js';
import type { Finding } from './finding.interface.js';

/** The oldest Node that the package works with. */
const OLDEST_NODE = [20, 19] as const;

/** What has to be right on the machine, whatever app runs. */
export function checkMachine(env: NodeJS.ProcessEnv = process.env): Finding[] {
  return [node(), ...sockets(env), ...watching(env)];
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  const text = `${process.version} on ${process.platform}`;
  return isOld
    ? { check: 'node', state: 'fail', text, next: 'It must be 20.19 or newer.' }
    : { check: 'node', state: 'ok', text };
}

function sockets(env: NodeJS.ProcessEnv): Finding[] {
  const check = 'socket directory';
  if (process.platform === 'win32') return [];
  const directories = socketDirectories(env);
  const existing = directories.filter((path) => existsSync(path));
  const foreign = existing.find((path) => !isTrusted(path));
  if (foreign !== undefined) {
    const { uid, mode } = lstatSync(foreign);
    const text = `${foreign} belongs to user ${uid} and has mode ${(mode & 0o777).toString(8)}`;
    return [
      {
        check,
        state: 'fail',
        text,
        next: 'It must be a directory of the user, with mode 700. Remove it, or set HOT_CONFIG_SOCKET_DIR.',
      },
    ];
  }
  const [used] = existing;
  if (used === undefined)
    return [{ check, state: 'ok', text: `${directories[0]} will be made by the first app` }];
  return [isOpen(used) ? { check, state: 'ok', text: used } : { check, state: 'fail', ...closed(used) }];
}

function isOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function closed(path: string): Pick<Finding, 'text' | 'next'> {
  return { text: `${path} cannot be entered by its own user`, next: `chmod 700 ${path}` };
}

function watching(env: NodeJS.ProcessEnv): Finding[] {
  const off = /^(false|0|no|off)$/i.test(env['HOT_RELOAD_ENABLED']?.trim() ?? '');
  if (!off) return [];
  return [
    {
      check: 'HOT_RELOAD_ENABLED',
      state: 'warn',
      text: 'is off here: an app started from this shell does not watch',
      next: 'unset HOT_RELOAD_ENABLED',
    },
  ];
}
