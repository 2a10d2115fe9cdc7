import { readFileSync } from 'node:fs';

/** Reads the mount table of the kernel. */
export type ReadMountInfo = () => string;

/** Synchronously: /proc never waits for a disk. */
const readMountInfo: ReadMountInfo = () => readFileSync('/proc/self/mountinfo', 'utf8');

/** The mount points of the system, as they are when it is first asked. None on other systems than Linux. */
export class MountPoints {
  #paths: ReadonlySet<string | undefined> | undefined;

  constructor(private readonly read = readMountInfo) {}

  /**
   * Checks whether a path is a mount point. For a file that means a bind mount of this one file, as `docker run -v
   * app.yaml:/app.yaml` and Kubernetes' `subPath` make them. It may be on another file system than its directory. And it
   * stays on the inode it was made with, so a replacement by rename at the origin never arrives here.
   */
  has(path: string): boolean {
    return (this.#paths ??= mountPoints(this.read)).has(path);
  }
}

function mountPoints(read: ReadMountInfo): Set<string | undefined> {
  try {
    return new Set(read().split('\n').map(mountPointOf));
  } catch {
    return new Set();
  }
}

/** Reads the fifth field of a line, in which space, tab, newline and backslash are octal escapes (proc(5)). */
export function mountPointOf(line: string): string | undefined {
  return line
    .split(' ')[4]
    ?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
