import { Inject, type FactoryProvider } from '@nestjs/common';
import { HOT_CONFIG_RUNTIME } from '../../runtime/tokens.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';

/**
 * Function that reads one value, from the ambient snapshot at each call.
 *
 * @publicApi
 */
export type ConfigAccessor<V> = () => V;

/**
 * Injects a function that reads one value from the ambient snapshot at each call.
 *
 * @example
 * ```ts
 * constructor(@InjectConfig('llm.model') private readonly model: ConfigAccessor<string>) {}
 *
 * complete() {
 *   return this.client.complete(this.model());
 * }
 * ```
 *
 * @publicApi
 */
export function InjectConfig(path: string): ParameterDecorator & PropertyDecorator {
  const paths = injectedPaths();
  if (!paths.includes(path)) Reflect.defineMetadata(PATHS_METADATA, [...paths, path], ConfigAccessors);
  return Inject(tokenOf(path)) as ParameterDecorator & PropertyDecorator;
}

/** Returns the providers of all accessors that decorators have declared until now. */
export function accessorProviders(): FactoryProvider<ConfigAccessor<unknown>>[] {
  return injectedPaths().map((path) => ({
    provide: tokenOf(path),
    inject: [HOT_CONFIG_RUNTIME],
    useFactory: (runtime: HotConfigRuntime) => () => runtime.pins.ambient().get(path),
  }));
}

/**
 * Carries the paths of all decorators as metadata. Decorators run when files are imported, before any app exists, so
 * these paths are known to all apps of the process. They hold no values.
 */
class ConfigAccessors {}

const PATHS_METADATA = 'hot-config:injected-paths';

function injectedPaths(): readonly string[] {
  return (Reflect.getMetadata(PATHS_METADATA, ConfigAccessors) as readonly string[] | undefined) ?? [];
}

function tokenOf(path: string): string {
  return `HOT_CONFIG_ACCESSOR(${path})`;
}
