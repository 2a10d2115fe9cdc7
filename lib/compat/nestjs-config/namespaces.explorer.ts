import { ConfigModule } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import type { Pins } from '../../pinning/pins.js';
import type { ResultListeners } from '../../reload/result-listeners.js';
import { formatPath } from '../../model/paths.js';
import { type ConfigMaker, Feature, namespaceOf } from './feature.js';
import { followInPlace } from './follow-in-place.js';

type Wrapper = NonNullable<ReturnType<NonNullable<ReturnType<ModulesContainer['get']>>['getProviderByKey']>>;

/** The token of a namespace, as `@nestjs/config` makes it of its name; of a factory without a name, it is a UUID. */
const TOKEN = /^CONFIGURATION\((?![\da-f]{8}-[\da-f]{4}-)(?<name>.*)\)$/;

/** What modules still declare with `ConfigModule.forFeature()`, as `registerAs().asProvider()` does. */
export function namespacesOfConfigModule(
  modules: ModulesContainer,
): { wrapper: Wrapper; feature: Feature }[] {
  const theirs = [...modules.values()].filter(({ metatype }) => metatype === ConfigModule);
  const wrappers = theirs.flatMap((module) => [...module.providers.values()]);
  return wrappers.flatMap((wrapper) => {
    const { token, metatype } = wrapper;
    if (typeof token !== 'string' || !token.startsWith('CONFIGURATION(')) return [];
    if (metatype !== null) return [{ wrapper, feature: new Feature(metatype as ConfigMaker) }];
    // A value that a test gives instead.
    const name = TOKEN.exec(token)?.groups?.['name'];
    const { instance } = wrapper as { instance: unknown };
    return name === undefined ? [] : [{ wrapper, feature: new Feature(namespaceOf(name, () => instance)) }];
  });
}

/** Lets the objects that such a namespace is injected as follow the configuration. */
export class ConfigModuleNamespacesExplorer {
  readonly #linked = new Set<Wrapper>();
  readonly #follow: (() => void)[] = [];

  constructor(
    private readonly modules: ModulesContainer,
    private readonly runtime: { readonly pins: Pins; readonly results: ResultListeners },
  ) {
    runtime.results.add(({ outcome }) => {
      if (outcome === 'applied') for (const follow of this.#follow) follow();
    });
  }

  /** Links what is new; called again for modules that are loaded late. */
  discover(): void {
    for (const { wrapper, feature } of namespacesOfConfigModule(this.modules)) {
      const { instance } = wrapper as { instance: unknown };
      const path = feature.path && formatPath(feature.path);
      if (path === undefined || this.#linked.has(wrapper) || typeof instance !== 'object' || !instance)
        continue;
      this.#linked.add(wrapper);
      const { pins } = this.runtime;
      // A module that is loaded late has a namespace that no source says: it stays as it is.
      if (!pins.ambient().has(path)) continue;
      const follow = followInPlace(
        instance,
        () => pins.ambient().get(path) as Record<string, unknown> | undefined,
      );
      if (follow !== undefined) this.#follow.push(follow);
    }
  }
}
