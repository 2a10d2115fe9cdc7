import { readFileSync } from 'node:fs';
import { mountPointOf } from '../../util/mount-points.js';

/** A mount point and the type of its file system. */
export interface Mount {
  readonly point: string;
  readonly type: string;
}

/** Types of file systems that send no events for changes by other machines. */
const TYPES_WITHOUT_EVENTS =
  /^(nfs\d?|cifs|smb\d?|smbfs|9p|fuse(?!blk|ctl)[.\w]*|vboxsf|virtiofs|prl_fs|afs|ceph|glusterfs|drvfs|osxfs|grpcfuse|fakeowner)$/;

/** Checks whether a mount sends no events for changes by other machines or by the host of a container. */
export function lacksEvents({ type }: Mount): boolean {
  return TYPES_WITHOUT_EVENTS.test(type);
}

/** Lists the mounts of a process in the order of mounting; none on systems without /proc. */
export function mountsOf(pid: number | 'self', proc = '/proc'): Mount[] {
  return parseMounts(readTable(pid, proc));
}

/** Parses a table such as /proc/self/mountinfo (proc(5)). */
export function parseMounts(table: string): Mount[] {
  return table.split('\n').flatMap((line) => {
    const point = mountPointOf(line);
    const type = (line.split(' - ')[1] ?? '').split(' ')[0];
    return point === undefined || type === undefined ? [] : [{ point, type }];
  });
}

/** Finds the mount that contains `path`: the innermost one, and of several at the same point the last. */
export function mountAt(path: string, mounts: readonly Mount[]): Mount | undefined {
  const around = mounts.filter(
    ({ point }) => point === '/' || path === point || path.startsWith(`${point}/`),
  );
  return around.reduce<Mount | undefined>(
    (best, mount) => (best === undefined || mount.point.length >= best.point.length ? mount : best),
    undefined,
  );
}

function readTable(pid: number | 'self', proc: string): string {
  try {
    return readFileSync(`${proc}/${pid}/mountinfo`, 'utf8');
  } catch {
    return '';
  }
}
