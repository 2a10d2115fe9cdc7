import type { AutoReload } from '../auto-reload/auto-reload.js';
import type { ReloadRequest, ReloadResult } from '../model/reload-result.interface.js';
import type { LastRejection } from './last-rejection.js';
import type { Reload } from './reload-job.js';
import type { ReloadObserver } from './reload-observer.interface.js';

/** Everything that a revalidation needs. */
export interface RevalidationContext {
  readonly rejection: LastRejection;
  readonly autoReload: AutoReload;
  readonly reload: Reload;
}

/**
 * Validates rejected content of the sources again when overrides have changed, as they may have been the reason. Content
 * that could not be read is not affected by overrides.
 */
export class Revalidation implements ReloadObserver {
  constructor(private readonly context: RevalidationContext) {}

  ended({ outcome }: ReloadResult, { cause }: ReloadRequest): void {
    const { rejection, autoReload, reload } = this.context;
    if (outcome !== 'applied' || cause !== 'override' || !autoReload.isRunning) return;
    if (rejection.result === undefined || rejection.result.stage === 'collect') return;
    void reload({ cause: 'file', revalidate: true });
  }
}
