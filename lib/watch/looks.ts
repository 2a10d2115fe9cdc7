import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LocalDevices, localStats } from '../util/local-directories.js';
import { MountPoints } from '../util/mount-points.js';
import { TimeSlice } from '../util/time-slice.js';

/** What `lstat` says about paths: the stats, or the code of the error. Each path is looked at once. */
export class Looks {
  readonly #found = new Map<string, Promise<BigIntStats | string>>();
  readonly #slice = new TimeSlice();
  readonly #mountPoints = new MountPoints();

  constructor(private readonly devices: Pick<LocalDevices, 'has'> = new LocalDevices()) {}

  at(place: string): Promise<BigIntStats | string> {
    let found = this.#found.get(place);
    if (found === undefined) {
      found = lstat(place, { bigint: true }).catch((error: NodeJS.ErrnoException) => error.code ?? 'UNKNOWN');
      this.#found.set(place, found);
    }
    return found;
  }

  /**
   * Looks at a file. On a local file system, at once, because it answers from memory: thousands of files are looked at in few
   * turns of the event loop then, in slices.
   *
   * @param parent stats of the directory of the file, if they are known
   */
  async atFile(place: string, parent: BigIntStats | undefined): Promise<BigIntStats | string> {
    const isLocal = parent !== undefined && (await this.devices.has(parent.dev, dirname(place)));
    while (isLocal && this.#slice.isOver) await this.#slice.next();
    // A file that is mounted on its own may be on a server that does not answer.
    const isHere = isLocal && !this.#mountPoints.has(place);
    return (isHere ? localStats(place) : undefined) ?? this.at(place);
  }
}
