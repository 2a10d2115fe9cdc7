import type { AppCalls } from '../model/app-call.js';
import { ConfigRefreshError, type RefreshErrorOptions } from '../errors/config.errors.js';
import type { HotConfigError } from '../model/hot-config.error.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { reasonOf } from '../util/reason-of.js';
import { withTimeout } from '../util/timeouts.js';
import type { Disposals } from './disposals.js';
import type { RefreshableDefinition } from './refreshable.interface.js';
import { buildTimeoutMs } from './refreshable-timeouts.js';

/** Builds instances, and checks their health before they are used. */
export class ComponentBuilder {
  /** Number of instances built since the app started. */
  built = 0;

  constructor(
    /** Runs a function in a context that is pinned to a snapshot. */
    private readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R,
    private readonly calls: AppCalls,
    private readonly disposals: Disposals,
    private readonly redactError: (error: HotConfigError) => HotConfigError,
  ) {}

  /**
   * Builds an instance and checks its health.
   *
   * @param change the place of the change that requires it; none for the first instance
   * @throws ConfigRefreshError if building fails or takes too long, or if the instance is not healthy; it is disposed of then
   */
  async build<X>(
    definition: RefreshableDefinition<X>,
    snapshot: Snapshot,
    change?: RefreshErrorOptions['change'],
  ): Promise<X> {
    const { label, build, healthCheck } = definition;
    let instance: { readonly value: X } | undefined;
    let isAbandoned = false;
    const buildAndCheck = async () => {
      const value = await this.calls.measure(label, () => this.runWith(snapshot, () => build(snapshot)));
      this.built += 1;
      instance = { value };
      // Built after the timeout: nothing else would dispose of it.
      if (isAbandoned) return this.disposals.dispose(definition, value);
      const healthy = await this.runWith(snapshot, () => healthCheck?.(value));
      if (healthy === false) throw new Error('its health check returned false');
    };
    try {
      const building = () => withTimeout(buildTimeoutMs(definition), buildAndCheck);
      // No reload waits for the first instance.
      await this.calls.run(`the component ${label}`, change ? ['reload', 'settled'] : [], building);
    } catch (error) {
      isAbandoned = true;
      if (instance !== undefined) await this.disposals.dispose(definition, instance.value);
      throw this.redactError(
        new ConfigRefreshError(label, reasonOf(error), { cause: error, ...(change && { change }) }),
      );
    }
    return instance!.value; // withTimeout waited for it
  }
}
