import { dirname } from 'node:path';
import type { WatchHandle } from '../../watch/file-watch.interface.js';
import type { SourceWatchContext } from '../contract/config-source.interface.js';
import { haveStamps } from '../content/local-stamps.js';
import { inParallel } from '../../util/in-parallel.js';
import { LocalDirectories } from '../../util/local-directories.js';

/** Files of one directory whose watches are started at once, because they share most of the work. */
const MAX_GROUP = 128;

/** Groups whose watches are started at the same time. */
const MAX_GROUPS = 4;

/** Stamps of files by absolute path; `undefined` for a file that could not be read. */
export type FileStamps = ReadonlyMap<string, string | undefined>;

/** Watches a file and its imports, which may change with each load. */
export class WatchedFiles {
  readonly #handles = new Map<string, WatchHandle>();
  #updating: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly context: SourceWatchContext) {}

  /** Watches these files and no others. Reports a file that changed before its watch started. */
  update(files: FileStamps): Promise<void> {
    // One that has failed does not keep the next ones from being watched.
    this.#updating = this.#updating.catch(() => undefined).then(() => this.#watchOnly(files));
    return this.#updating;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#updating.catch(() => undefined);
    await this.#closeOthers(new Map());
  }

  async #watchOnly(files: FileStamps): Promise<void> {
    await this.#closeOthers(files);
    const added = [...files].filter(([path]) => !this.#handles.has(path));
    const groups = groupByDirectory(added.map(([path]) => path));
    await inParallel(groups, MAX_GROUPS, (group) =>
      inParallel(group, group.length, (path) => this.#watch(path)),
    );
    if (this.#closed || added.length === 0) return;
    const isUnchanged = await haveStamps(new Map(added), new LocalDirectories());
    if (!isUnchanged) this.context.changed();
  }

  async #watch(path: string): Promise<void> {
    if (this.#closed) return;
    const handle = await this.context.files.watch({ path, kind: 'file' }, () => this.context.changed());
    // Another one may have failed meanwhile, so that nothing has waited for this one.
    if (this.#closed) return handle.close();
    this.#handles.set(path, handle);
  }

  async #closeOthers(files: FileStamps): Promise<void> {
    for (const [path, handle] of this.#handles) {
      if (files.has(path)) continue;
      this.#handles.delete(path);
      await handle.close();
    }
  }
}

function groupByDirectory(paths: readonly string[]): string[][] {
  const groups = new Map<string, string[]>();
  const all: string[][] = [];
  for (const path of paths) {
    const directory = dirname(path);
    const group = groups.get(directory);
    if (group !== undefined && group.length < MAX_GROUP) {
      group.push(path);
      continue;
    }
    const next = [path];
    groups.set(directory, next);
    all.push(next);
  }
  return all;
}
