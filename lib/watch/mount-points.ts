import { readFileSync } from 'node:fs';
import { ThisTurn } from '../util/this-turn.js';

/** Reads the mount table of the kernel. */
export type ReadMountInfo = () => string;

/** Synchronously: /proc never waits for a disk. */
const readMountInfo: ReadMountInfo = () => readFileSync('/proc/self/mountinfo', 'utf8');

/** The mount points of the system. None on other systems than Linux. */
export class MountPoints {
  /** Thousands of files may start to be watched at once. */
  readonly #paths = new ThisTurn(() => mountPoints(this.read));

  constructor(private readonly read = readMountInfo) {}

  /**
   * Checks whether a path is a mount point. For a file that means a bind mount of this one file, as `docker run -v
   * app.yaml:/app.yaml` and Kubernetes' `subPath` make them. Such a mount stays on the inode it was made with, so a
   * replacement by rename at the origin never arrives here.
   */
  has(path: string): boolean {
    return this.#paths.value.has(path);
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
