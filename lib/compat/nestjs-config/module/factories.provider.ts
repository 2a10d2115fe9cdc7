import type { FactoryProvider, ValueProvider } from '@nestjs/common';
import type { ConfigModuleOptions } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { formatPath } from '../../../model/paths.js';
import { liveView } from '../../../pinning/live-view.js';
import type { Pins } from '../../../pinning/pins.js';
import { HOT_CONFIG_RUNTIME } from '../../../model/tokens.js';
import { type ConfigFactoryLike, DeclaredFactory, isNamespace } from '../declared-factory.js';
import { configModuleNamespaces } from './namespaces.explorer.js';

/** The functions of the app's runtime that a factory uses. */
interface FactoryRuntime {
  readonly core: { readonly pins: Pins };
  addFactory(declared: DeclaredFactory): Promise<void>;
}

/** Providers of a configuration factory: its declaration, and for its token a live view of its last result. */
export function factoryProviders(
  factory: ConfigFactoryLike,
  loadIndex?: number,
): (FactoryProvider | ValueProvider)[] {
  const declared = new DeclaredFactory(factory, loadIndex);
  return [
    // Found before the first load. A factory of a module that is loaded later is added by the provider below.
    { provide: Symbol(declared.source.name), useValue: declared },
    {
      provide: isNamespace(factory) ? factory.KEY : Symbol(`values of ${declared.source.name}`),
      inject: [HOT_CONFIG_RUNTIME],
      useFactory: async (runtime: FactoryRuntime) => {
        await runtime.addFactory(declared);
        return declared.path && liveView(runtime.core.pins, formatPath(declared.path));
      },
    },
  ];
}

/**
 * Finds the factories in the options and in all modules before any of them is called, so that they are part of version 1.
 * Order, the lowest precedence first: `load`, `forFeature()`, `ConfigModule.forFeature()`.
 */
export async function discoverFactories(
  { load = [] }: Pick<ConfigModuleOptions, 'load'>,
  modules: ModulesContainer,
): Promise<DeclaredFactory[]> {
  const declared = declaredFactories(modules);
  const loaded = declared.filter(({ loadIndex }) => loadIndex !== undefined);
  // The options of `forRootAsync()` were not known when modules were made: their factories have no providers.
  const late =
    loaded.length > 0
      ? []
      : await Promise.all(load.map(async (factory, index) => new DeclaredFactory(await factory, index)));
  const features = declared.filter(({ loadIndex }) => loadIndex === undefined);
  return [...loaded, ...late, ...features, ...configModuleNamespaces(modules).map(({ declared: it }) => it)];
}

/** As with `@nestjs/config`, a test may override the token of a namespace: `ConfigService` then reads that value too. */
function declaredFactories(modules: ModulesContainer): DeclaredFactory[] {
  return [...modules.values()].flatMap(({ providers }) =>
    [...providers.values()].flatMap(({ instance: declared }: { instance: unknown }) => {
      if (!(declared instanceof DeclaredFactory)) return [];
      const wrapper = isNamespace(declared.factory) ? providers.get(declared.factory.KEY) : undefined;
      const { inject, metatype } = wrapper ?? {};
      if (wrapper === undefined || inject?.[0] === HOT_CONFIG_RUNTIME) return [declared];
      if (metatype === null) return [declared.calling(() => wrapper.instance)];
      return inject?.length === 0 ? [declared.calling(metatype as () => unknown)] : [declared];
    }),
  );
}
