import { accessSync, constants, existsSync, lstatSync } from 'node:fs';
import { isTrusted, socketDirectories } from '../../control/socket-directory.js';
import type { Finding } from './finding.interface.js';

/** Minimum version of Node: the `engines` in package.json. */
const MIN_NODE = [20, 19] as const;

/** Checks the machine, independently of an app. */
export function checkMachine(env: NodeJS.ProcessEnv = process.env): Finding[] {
  return [checkNode(), ...checkSocketDirectory(env), ...checkVariable(env)];
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isOld = major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1]);
  const text = `${process.version} on ${process.platform}`;
  return isOld
    ? { check: 'node', state: 'fail', text, next: 'Update Node to 20.19 or newer.' }
    : { check: 'node', state: 'ok', text };
}

function checkSocketDirectory(env: NodeJS.ProcessEnv): Finding[] {
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
        next: 'It must belong to this user and have mode 700. Remove it, or set HOT_CONFIG_SOCKET_DIR to another directory.',
      },
    ];
  }
  const [used] = existing;
  if (used === undefined)
    return [{ check, state: 'ok', text: `${directories[0]} does not exist yet; the first app creates it` }];
  return [
    isReadable(used) ? { check, state: 'ok', text: used } : { check, state: 'fail', ...unreadable(used) },
  ];
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function unreadable(path: string): Pick<Finding, 'text' | 'next'> {
  return { text: `this user cannot read ${path}`, next: `Run: chmod 700 ${path}` };
}

function checkVariable(env: NodeJS.ProcessEnv): Finding[] {
  const off = /^(false|0|no|off)$/i.test(env['HOT_RELOAD_ENABLED']?.trim() ?? '');
  if (!off) return [];
  return [
    {
      check: 'HOT_RELOAD_ENABLED',
      state: 'warn',
      text: 'is off in this shell: an app that is started from it does not watch its sources',
      next: 'Run: unset HOT_RELOAD_ENABLED',
    },
  ];
}
