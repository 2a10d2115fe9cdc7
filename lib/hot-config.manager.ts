import type { HotConfigRuntime } from './hot-config.runtime.js';
import type { HotConfigStatus } from './interfaces/hot-config-status.interface.js';
import type { ReloadResult } from './reload/reload-result.interface.js';
import type { ConfigSource } from './sources/config-source.interface.js';

/**
 * Why a reload is asked for, and by whom: kept with its result.
 *
 * @publicApi
 */
export interface ReloadOptions {
  readonly reason?: string;
  readonly actor?: string;
}

/**
 * Changes and inspects the runtime: what operators, admin endpoints and tests need, and request handlers do not.
 *
 * @publicApi
 */
export class HotConfigManager {
  readonly #runtime: HotConfigRuntime;

  /** Made by `HotConfigModule`; to be injected, not called. */
  constructor(runtime: HotConfigRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Reads all sources now and applies what they say, if it is valid and nobody objects. Never rejects: what went wrong
   * is in the result. One that is asked for during another begins after it; several that wait are one.
   */
  reload(options: ReloadOptions = {}): Promise<ReloadResult> {
    return this.#runtime.reload({ cause: 'manual', ...options });
  }

  /** How configuration stands: version, counts, the last error, what is watched. Holds no values. */
  status(): HotConfigStatus {
    return this.#runtime.status();
  }

  /** Starts watching again, and catches up with what changed meanwhile. */
  enable(): Promise<void> {
    return this.#runtime.enable();
  }

  /** Stops watching. What is in force stays in force, and `reload()` still works. */
  disable(): Promise<void> {
    return this.#runtime.disable();
  }

  /** Adds a source on top of the others and reloads. Where that is rejected, the source is not added. */
  addSource(source: ConfigSource): Promise<ReloadResult> {
    return this.#runtime.sources.change((sources) => [...sources, source]);
  }

  /** Removes a source, by itself or by its name, and reloads. Where that is rejected, the source stays. */
  removeSource(source: ConfigSource | string): Promise<ReloadResult> {
    return this.#runtime.sources.change((sources) =>
      sources.filter((candidate) => candidate !== source && candidate.name !== source),
    );
  }

  /** Resolves when no reload runs or waits, and every handler has seen the latest version: what tests wait for. */
  settled(): Promise<void> {
    return this.#runtime.settled();
  }
}
