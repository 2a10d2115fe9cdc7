import type { WatchHandle } from '../../watch/file-watch.interface.js';
import type { SourceWatchContext } from '../contract/config-source.interface.js';
import { fileStamp } from '../content/read-stable-file.js';
import { inParallel } from '../../util/in-parallel.js';

/** Watches that are started at the same time. */
const MAX_STARTS = 16;

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
    await inParallel(added, MAX_STARTS, async ([path, stamp]) => {
      if (this.#closed) return;
      const handle = await this.context.files.watch({ path, kind: 'file' }, () => this.context.changed());
      // Another one may have failed meanwhile, so that nothing has waited for this one.
      if (this.#closed) return handle.close();
      this.#handles.set(path, handle);
      if ((await fileStamp(path).catch(() => undefined)) !== stamp) this.context.changed();
    });
  }

  async #closeOthers(files: FileStamps): Promise<void> {
    for (const [path, handle] of this.#handles) {
      if (files.has(path)) continue;
      this.#handles.delete(path);
      await handle.close();
    }
  }
}
