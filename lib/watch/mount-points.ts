import { readFileSync } from 'node:fs';

/** Reads the mount table of the kernel. */
export type ReadMountInfo = () => Promise<string>;

/** Synchronously: /proc never waits for a disk, and it is read for each file that is watched. */
const readMountInfo: ReadMountInfo = async () => readFileSync('/proc/self/mountinfo', 'utf8');

/**
 * Checks whether a path is a mount point. For a file that means a bind mount of this one file, as `docker run -v
 * app.yaml:/app.yaml` and Kubernetes' `subPath` make them. Such a mount stays on the inode it was made with, so a
 * replacement by rename at the origin never arrives here. Always `false` on other systems than Linux.
 */
export async function isMountPoint(path: string, read: ReadMountInfo = readMountInfo): Promise<boolean> {
  const table = await read().catch(() => '');
  return table.split('\n').some((line) => mountPointOf(line) === path);
}

/** Reads the fifth field of a line, in which space, tab, newline and backslash are octal escapes (proc(5)). */
export function mountPointOf(line: string): string | undefined {
  return line
    .split(' ')[4]
    ?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
