import { readFileSync } from 'node:fs';

/** Where something is mounted, and what kind of file system it is. */
export interface Mount {
  readonly point: string;
  readonly type: string;
}

/** Kinds of file systems on which changes that others make are not announced. */
const SILENT_TYPES =
  /^(nfs\d?|cifs|smb\d?|smbfs|9p|fuse(?!blk|ctl)[.\w]*|vboxsf|virtiofs|prl_fs|afs|ceph|glusterfs|drvfs|osxfs|grpcfuse|fakeowner)$/;

/** Whether changes that other machines, or the host of a container, make there go unannounced. */
export function isSilent({ type }: Mount): boolean {
  return SILENT_TYPES.test(type);
}

/** The mounts of a process, in the order they were made; none where the system has no such table. */
export function mountsOf(pid: number | 'self', proc = '/proc'): Mount[] {
  return parseMounts(tableOf(pid, proc));
}

/** Reads a table such as /proc/self/mountinfo (proc(5)). */
export function parseMounts(table: string): Mount[] {
  return table.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4];
    const type = after.split(' ')[0];
    return point === undefined || type === undefined ? [] : [{ point: unescape(point), type }];
  });
}

/** The mount that holds `path`: the innermost one, and of several at one place the last. */
export function mountAt(path: string, mounts: readonly Mount[]): Mount | undefined {
  const around = mounts.filter(
    ({ point }) => point === '/' || path === point || path.startsWith(`${point}/`),
  );
  return around.reduce<Mount | undefined>(
    (best, mount) => (best === undefined || mount.point.length >= best.point.length ? mount : best),
    undefined,
  );
}

function tableOf(pid: number | 'self', proc: string): string {
  try {
    return readFileSync(`${proc}/${pid}/mountinfo`, 'utf8');
  } catch {
    return '';
  }
}

/** Space, tab, newline and backslash are written as \040 and so on. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
