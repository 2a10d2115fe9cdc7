import { AsyncLocalStorage } from 'node:async_hooks';
import { reasonOf } from '../util/reason-of.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { AutoReload } from '../auto-reload/auto-reload.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import type { Reloader } from './reloader.js';
import { HANG_TIMEOUT, withTimeout } from '../util/timeouts.js';
import type { ReloadRequest, ReloadResult } from '../model/reload-result.interface.js';

/** Makes another list of sources from the one in use. */
export type ChangeSources = (sources: readonly ConfigSource[]) => readonly ConfigSource[];

/** Adds and removes sources while the app runs: each change is a reload, and is taken back where that is rejected. */
export class SourceList {
  #changing: Promise<unknown> = Promise.resolve();
  /** Watches that begin in a request must not run in it for ever. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(
    private readonly reloader: Reloader,
    private readonly auto: AutoReload,
    private readonly reload: (request: ReloadRequest) => Promise<ReloadResult>,
    private readonly logger: ConfigLogger,
  ) {}

  change(change: ChangeSources): Promise<ReloadResult> {
    // One after the other: each must know whether the list it starts from was accepted.
    const result = this.#detached(() => this.#changing.then(() => this.#change(change)));
    this.#changing = result.catch(() => undefined);
    return result;
  }

  /** Closes all of them, for good. */
  close(): Promise<void> {
    return this.#closeAll(this.reloader.sources);
  }

  async #change(change: ChangeSources): Promise<ReloadResult> {
    const before = this.reloader.sources;
    this.reloader.layers.replaceSources(change(before));
    const result = await this.reload({ cause: 'manual', reason: 'sources changed' });
    if (result.outcome === 'rejected') {
      this.reloader.layers.replaceSources(before);
      // What the other sources said at the same time was rejected with it, and is to be judged without it.
      await this.reload({ cause: 'manual', reason: 'sources changed back' });
    }
    const after = this.reloader.sources;
    await this.auto.follow(after);
    await this.#closeAll(before.filter((source) => !after.includes(source)));
    return result;
  }

  async #closeAll(sources: readonly ConfigSource[]): Promise<void> {
    await Promise.all(
      sources.map(async (source) => {
        try {
          // One that hangs must not keep the app from its end.
          await withTimeout(HANG_TIMEOUT, () => source.close?.());
        } catch (error) {
          this.logger.warn(`${source.name} could not be closed: ${reasonOf(error)}`);
        }
      }),
    );
  }
}
