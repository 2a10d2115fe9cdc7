import { readFileSync, readlinkSync } from 'node:fs';
import type { Finding } from './finding.interface.js';
import { namesIn } from '../../util/list-directory.js';

/** From what share of a limit on it is worth a warning. */
const NEARLY_ALL = 0.8;

/** The watches that Linux has left for this user; files are polled where it has none. */
export function checkInotify(proc = '/proc'): Finding[] {
  const instances = limit(proc, 'max_user_instances');
  const watches = limit(proc, 'max_user_watches');
  if (instances === undefined || watches === undefined) return [];
  const used = usage(proc);
  return [
    finding('inotify watches', used.watches, watches, 'fs.inotify.max_user_watches'),
    finding('inotify instances', used.instances, instances, 'fs.inotify.max_user_instances'),
  ];
}

function finding(check: string, used: number, max: number, setting: string): Finding {
  const text = `${used} of ${max} used, as far as this user can see`;
  if (used < max * NEARLY_ALL) return { check, state: 'ok', text };
  const next = `Raise it on the host: sysctl ${setting}=${max * 4}. Files without a watch are polled.`;
  return { check, state: used < max ? 'warn' : 'fail', text, next };
}

function limit(proc: string, name: string): number | undefined {
  try {
    return Number(readFileSync(`${proc}/sys/fs/inotify/${name}`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Counts what the processes hold whose files this user may see. */
function usage(proc: string): { readonly instances: number; readonly watches: number } {
  let instances = 0;
  let watches = 0;
  for (const pid of namesIn(proc).filter((name) => /^\d+$/.test(name))) {
    for (const fd of namesIn(`${proc}/${pid}/fd`)) {
      if (!isInotify(`${proc}/${pid}/fd/${fd}`)) continue;
      instances += 1;
      watches += watchesOf(`${proc}/${pid}/fdinfo/${fd}`);
    }
  }
  return { instances, watches };
}

function isInotify(path: string): boolean {
  try {
    return readlinkSync(path) === 'anon_inode:inotify';
  } catch {
    return false;
  }
}

function watchesOf(path: string): number {
  try {
    return readFileSync(path, 'utf8').match(/^inotify wd:/gm)?.length ?? 0;
  } catch {
    return 0;
  }
}
