import { AsyncLocalStorage } from 'node:async_hooks';
import { reasonOf } from '../util/reason-of.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { AutoReload } from '../auto-reload/auto-reload.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import type { Reloader } from './reloader.js';
import { HANG_TIMEOUT, withTimeout } from '../util/timeouts.js';
import type { ReloadRequest, ReloadResult } from '../model/reload-result.interface.js';

/** Returns the new list of sources. */
export type ChangeSources = (sources: readonly ConfigSource[]) => readonly ConfigSource[];

/** Adds and removes sources while the app runs. Each change is a reload, and is undone if that is rejected. */
export class SourceList {
  #changing: Promise<unknown> = Promise.resolve();
  /** Keeps watches that are started during a request out of its async context. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(
    private readonly reloader: Reloader,
    private readonly auto: AutoReload,
    private readonly reload: (request: ReloadRequest) => Promise<ReloadResult>,
    private readonly logger: ConfigLogger,
  ) {}

  change(change: ChangeSources): Promise<ReloadResult> {
    // One after the other: each change must know whether the one before was accepted.
    const result = this.#detached(() => this.#changing.then(() => this.#change(change)));
    this.#changing = result.catch(() => undefined);
    return result;
  }

  /** Closes all sources. */
  close(): Promise<void> {
    return this.#closeAll(this.reloader.sources);
  }

  async #change(change: ChangeSources): Promise<ReloadResult> {
    const before = this.reloader.sources;
    this.reloader.layers.replaceSources(change(before));
    const result = await this.reload({ cause: 'manual', reason: 'sources changed' });
    if (result.outcome === 'rejected') {
      this.reloader.layers.replaceSources(before);
      // New content of other sources was rejected with the change, and may be valid without it.
      await this.reload({ cause: 'manual', reason: 'change of sources undone' });
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
          // A source that hangs must not block the shutdown.
          await withTimeout(HANG_TIMEOUT, () => source.close?.());
        } catch (error) {
          this.logger.warn(`${source.name} could not be closed: ${reasonOf(error)}`);
        }
      }),
    );
  }
}
