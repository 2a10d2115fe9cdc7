import { ConfigRefreshError } from '../errors/config.errors.js';
import { reasonOf } from '../util/reason-of.js';
import { withTimeout } from '../util/timeouts.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Disposals } from './disposals.js';
import { DEFAULT_TIMEOUT, type RefreshableDefinition } from './refreshable.interface.js';

/** Builds instances, and checks them before anybody is given one. */
export class ComponentBuilder {
  /** Instances built since the app started. */
  built = 0;

  constructor(
    /** Runs a function in a context pinned to a snapshot. */
    private readonly runWith: <R>(snapshot: Snapshot, fn: () => R) => R,
    private readonly disposals: Disposals,
    private readonly withoutSecrets: (error: ConfigRefreshError) => ConfigRefreshError,
  ) {}

  /** @throws ConfigRefreshError where it cannot be built, is not healthy or takes too long; it is disposed of then */
  async build<X>(definition: RefreshableDefinition<X>, snapshot: Snapshot): Promise<X> {
    const { label, build, healthCheck, buildTimeout = DEFAULT_TIMEOUT } = definition;
    let instance: { readonly built: X } | undefined;
    let abandoned = false;
    const building = async () => {
      const built = await this.runWith(snapshot, () => build(snapshot));
      this.built += 1;
      instance = { built };
      // Nobody waits any more: an instance that comes too late must not stay behind.
      if (abandoned) return this.disposals.one(definition, built);
      const healthy = await this.runWith(snapshot, () => healthCheck?.(built));
      if (healthy === false) throw new Error('its health check answered false');
    };
    try {
      await withTimeout(buildTimeout, building);
    } catch (error) {
      abandoned = true;
      if (instance !== undefined) await this.disposals.one(definition, instance.built);
      throw this.withoutSecrets(new ConfigRefreshError(label, reasonOf(error), { cause: error }));
    }
    return instance!.built; // withTimeout waited for it
  }
}
