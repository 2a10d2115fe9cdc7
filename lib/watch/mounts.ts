import { readFile } from 'node:fs/promises';

/** Reads the kernel's table of mounts. */
export type ReadMountInfo = () => Promise<string>;

const readMountInfo: ReadMountInfo = () => readFile('/proc/self/mountinfo', 'utf8');

/**
 * Whether something is mounted right at a path. For a file that means a bind mount of this one file, as `docker run -v
 * app.yaml:/app.yaml` and Kubernetes' `subPath` make them: the mount holds on to the inode it was made with, so a
 * replacement by rename at the origin never arrives here. Only Linux tells.
 */
export async function isMountPoint(path: string, read: ReadMountInfo = readMountInfo): Promise<boolean> {
  const table = await read().catch(() => '');
  return table.split('\n').some((line) => mountPointOf(line) === path);
}

// The fifth field, with space, tab, newline and backslash written as \040 and so on (proc(5)).
function mountPointOf(line: string): string | undefined {
  return line
    .split(' ')[4]
    ?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
