import { Looks } from './looks.js';
import { PathWalk, type Destination } from './path-walk.js';
import { relevantDirectories, type RelevantDirectory } from './relevant-directories.js';

/** The walk to a directory. */
export interface DirectoryWalk {
  readonly walk: PathWalk;
  readonly end: Destination;
  /** The directories to watch for a change of the path. */
  readonly relevant: ReadonlyMap<string, RelevantDirectory>;
}

/** What scans share that start at the same moment: files in the same directories cost little more than one. */
export class ScanMoment {
  readonly #walks = new Map<string, Promise<DirectoryWalk>>();

  constructor(readonly looks = new Looks()) {}

  walkTo(directory: string): Promise<DirectoryWalk> {
    let walk = this.#walks.get(directory);
    if (walk === undefined) this.#walks.set(directory, (walk = this.#walk(directory)));
    return walk;
  }

  async #walk(directory: string): Promise<DirectoryWalk> {
    const walk = new PathWalk(this.looks);
    const end = await walk.resolve(directory);
    return { walk, end, relevant: relevantDirectories(walk) };
  }
}
