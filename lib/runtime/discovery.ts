import type { SafeLogger } from '../logging/safe-logger.js';
import type { ReloadObserver } from '../reload/reload-observer.interface.js';
import { Listeners } from '../util/listeners.js';
import { reasonOf } from '../util/reason-of.js';

/**
 * Finds the handlers, vetoes, hooks and components of modules that were loaded late: Nest does not notify of them. Runs
 * before each reload, and again before its notification.
 */
export class Discovery extends Listeners<void> implements ReloadObserver {
  constructor(logger: SafeLogger) {
    super((error) => logger.error(reasonOf(error)));
  }

  run(): void {
    this.emit();
  }

  started(): void {
    this.run();
  }

  /** A module that was loaded during the reload has read the previous snapshot. */
  committed(): void {
    this.run();
  }
}
