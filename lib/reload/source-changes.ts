import { AsyncLocalStorage } from 'node:async_hooks';
import type { AutoReload } from '../auto-reload/auto-reload.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import type { AppCalls } from '../model/app-call.js';
import type { Part } from '../model/part.interface.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { reasonOf } from '../util/reason-of.js';
import { HANG_TIMEOUT, withTimeout } from '../util/timeouts.js';
import type { ReloadJob } from './reload-job.js';
import type { Reloader } from './reloader.js';
import type { SourceList } from './source-list.js';

/** Returns the new list of sources. */
export type ChangeSources = (sources: readonly ConfigSource[]) => readonly ConfigSource[];

/** Everything that changes of sources need. */
export interface SourceChangesContext {
  readonly sources: SourceList;
  readonly autoReload: AutoReload;
  readonly reloader: Reloader;
  readonly calls: AppCalls;
  readonly logger: SafeLogger;
}

const CHANGED: Readonly<ReloadJob> = { cause: 'manual', reason: 'sources changed', isInternal: true };
const UNDONE: Readonly<ReloadJob> = { cause: 'manual', reason: 'change of sources undone', isInternal: true };

/** Adds and removes sources while the app runs. Each change is a reload, and is undone if that is rejected. */
export class SourceChanges implements Part {
  #changing: Promise<unknown> = Promise.resolve();
  /** Keeps watches that are started during a request out of its async context. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(private readonly context: SourceChangesContext) {}

  /** The sources of the app, lowest first. */
  get current(): readonly ConfigSource[] {
    return this.context.sources.all;
  }

  change(change: ChangeSources): Promise<ReloadResult> {
    const { reloader, calls } = this.context;
    const refusal = reloader.refusal(CHANGED);
    if (refusal !== undefined) return refusal;
    const call = calls.current;
    // One after the other: each change must know whether the one before was accepted.
    const result = this.#detached(() =>
      this.#changing.then(() => calls.runIn(call, () => this.#change(change))),
    );
    this.#changing = result.catch(() => undefined);
    return result;
  }

  /** Closes all sources. */
  close(): Promise<void> {
    return this.#closeAll(this.context.sources.all);
  }

  async #change(change: ChangeSources): Promise<ReloadResult> {
    const { sources, reloader, autoReload } = this.context;
    const before = sources.all;
    sources.replace(change(before));
    const result = await reloader.reload(CHANGED);
    if (result.outcome === 'rejected') {
      sources.replace(before);
      // New content of other sources was rejected with the change, and may be valid without it.
      await reloader.reload(UNDONE);
    }
    const after = sources.all;
    await autoReload.follow(after);
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
          this.context.logger.warn(`${source.name} could not be closed: ${reasonOf(error)}`);
        }
      }),
    );
  }
}
