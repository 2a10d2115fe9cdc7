import { readFileSync, readlinkSync } from 'node:fs';
import type { Finding } from './finding.interface.js';
import { listDirectory } from '../../util/list-directory.js';

/** Share of a limit from which the check warns. */
const WARN_FROM = 0.8;

/** Checks how many watches Linux has left for this user. Files without a watch are polled. */
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
  const text = `${used} of ${max} used by the processes that this user can inspect`;
  if (used < max * WARN_FROM) return { check, state: 'ok', text };
  const next = `Raise the limit on the host: sysctl ${setting}=${max * 4}. Files without a watch are polled.`;
  return { check, state: used < max ? 'warn' : 'fail', text, next };
}

function limit(proc: string, name: string): number | undefined {
  try {
    return Number(readFileSync(`${proc}/sys/fs/inotify/${name}`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Counts the instances and watches of the processes that this user can inspect. */
function usage(proc: string): { readonly instances: number; readonly watches: number } {
  let instances = 0;
  let watches = 0;
  for (const pid of listDirectory(proc).filter((name) => /^\d+$/.test(name))) {
    for (const fd of listDirectory(`${proc}/${pid}/fd`)) {
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
