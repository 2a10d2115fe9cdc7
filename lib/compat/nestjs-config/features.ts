import type { Environment } from './environment.js';
import { InEnvironment } from './in-environment.js';
import type { SourceList } from '../../reload/source-list.js';
import type { ConfigSource } from '../../sources/contract/config-source.interface.js';
import type { ConfigMaker, Feature } from './feature.js';

/** The factories that are part of the configuration; many modules may declare one. */
export class Features {
  readonly #known = new Map<ConfigMaker, Promise<void>>();

  constructor(private readonly environment: Environment | undefined) {}

  /** The sources of those that are known at boot, each once. */
  sourcesOf(features: readonly Feature[]): ConfigSource[] {
    return features.flatMap((feature) => {
      if (this.#known.has(feature.make)) return [];
      this.#known.set(feature.make, Promise.resolve());
      return [this.#sourceOf(feature)];
    });
  }

  /**
   * Adds a factory that was not known at boot.
   *
   * @throws HotConfigError where its factory fails, or gives what is not valid
   */
  add(feature: Feature, sources: SourceList): Promise<void> {
    const { make } = feature;
    const adding = this.#known.get(make) ?? addTo(sources, this.#sourceOf(feature));
    this.#known.set(make, adding);
    adding.catch(() => this.#known.delete(make));
    return adding;
  }

  #sourceOf({ source }: Feature): ConfigSource {
    return this.environment === undefined ? source : new InEnvironment(source, this.environment);
  }
}

async function addTo(sources: SourceList, source: ConfigSource): Promise<void> {
  const result = await sources.change((others) => [...others, source]);
  if (result.outcome === 'rejected') throw result.error;
}
