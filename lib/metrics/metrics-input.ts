import type { ReloadCount } from '../logging/reload-counter.js';
import type { HotConfigPort } from '../runtime/port.interface.js';
import type { HotConfigStatus } from '../runtime/status.interface.js';

/**
 * The state that built-in instruments read. One collection reads about 30 instruments in one turn of the event loop: they
 * share one status, so that they are consistent.
 */
export class MetricsInput {
  #status: HotConfigStatus | undefined;

  constructor(private readonly port: HotConfigPort) {}

  get status(): HotConfigStatus {
    if (this.#status === undefined) {
      this.#status = this.port.status();
      queueMicrotask(() => (this.#status = undefined));
    }
    return this.#status;
  }

  get reloads(): readonly ReloadCount[] {
    return this.port.reloadCounts;
  }

  /** All kinds of problems, present or not. */
  get problemKinds(): readonly string[] {
    return [...this.port.problemDetectors].map(([kind]) => kind);
  }
}
