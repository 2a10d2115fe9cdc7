import type { FactoryProvider, Type, ValueProvider } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { parsePathOrKey } from '../../model/paths.js';
import type { ConfigSchema } from '../../validation/schema-of.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import { HOT_CONFIG_RUNTIME } from '../../model/tokens.js';
import { liveView } from '../../pinning/live-view.js';

/** A schema as a provider of the module that declares it, so that it is found before the first load. */
export class DeclaredSchema {
  readonly path: readonly string[];

  constructor(
    path: string,
    readonly schema: ConfigSchema | readonly ConfigSchema[],
  ) {
    this.path = parsePathOrKey(path);
  }
}

/**
 * Providers of a class whose instance is a view of the values at `path`: it reads the ambient snapshot at each access.
 *
 * @param schema of the values at `path`
 */
export function viewProviders<X extends object>(
  type: Type<X>,
  path: string,
  schema?: ConfigSchema | readonly ConfigSchema[],
): (FactoryProvider | ValueProvider)[] {
  const declared = schema && new DeclaredSchema(path, schema);
  const view: FactoryProvider<X> = {
    provide: type,
    inject: [HOT_CONFIG_RUNTIME],
    useFactory: async (runtime: HotConfigRuntime) => {
      // A schema of a module that is loaded later.
      if (declared !== undefined) await runtime.addSchema(declared);
      return liveView<X>(runtime.core.pins, path, type.prototype as X);
    },
  };
  return declared === undefined
    ? [view]
    : [{ provide: Symbol(`schema of ${path}`), useValue: declared }, view];
}

/** Finds the schemas that modules declare with `forFeature()` before the first load. */
export function discoverSchemas(modules: ModulesContainer): DeclaredSchema[] {
  return [...modules.values()]
    .flatMap(({ providers }) => [...providers.values()])
    .map(({ instance }): unknown => instance)
    .filter((instance) => instance instanceof DeclaredSchema);
}
