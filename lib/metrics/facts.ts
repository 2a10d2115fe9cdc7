import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { HotConfigStatus } from '../runtime/status.interface.js';
import type { ReloadCount } from '../logging/reload-counter.js';

/**
 * What instruments are read from. One collection asks some thirty of them in one turn of the event loop: they share one
 * status, so that they agree with each other.
 */
export class Facts {
  #status: HotConfigStatus | undefined;

  constructor(private readonly runtime: HotConfigRuntime) {}

  get status(): HotConfigStatus {
    if (this.#status === undefined) {
      this.#status = this.runtime.status();
      queueMicrotask(() => (this.#status = undefined));
    }
    return this.#status;
  }

  /** How many reloads of each kind there were. */
  get reloads(): readonly ReloadCount[] {
    return this.runtime.reloadLog.counter.countsByCause;
  }
}
