import type { WatchHandle } from '../../watch/file-watch.interface.js';
import type { SourceWatchContext } from '../contract/config-source.interface.js';
import { fileStamp } from '../content/read-stable-file.js';

/** Absolute paths, each with the stamp of what was read there; undefined where nothing could be. */
export type FileStamps = ReadonlyMap<string, string | undefined>;

/** The watches of the files that one source reads, which come and go with what the files import. */
export class WatchedFiles {
  readonly #handles = new Map<string, WatchHandle>();
  #following: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly context: SourceWatchContext) {}

  /** Watches these files and no others. What changed before its watch began is told now. */
  follow(files: FileStamps): Promise<void> {
    this.#following = this.#following.then(() => this.#follow(files));
    return this.#following;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#following;
    await this.#keep(new Map());
  }

  async #follow(files: FileStamps): Promise<void> {
    await this.#keep(files);
    for (const [path, stamp] of files) {
      if (this.#closed || this.#handles.has(path)) continue;
      const handle = await this.context.files.watch({ path, kind: 'file' }, () => this.context.changed());
      this.#handles.set(path, handle);
      if ((await fileStamp(path).catch(() => undefined)) !== stamp) this.context.changed();
    }
  }

  async #keep(files: FileStamps): Promise<void> {
    for (const [path, handle] of this.#handles) {
      if (files.has(path)) continue;
      this.#handles.delete(path);
      await handle.close();
    }
  }
}
