import { Inject, type FactoryProvider } from '@nestjs/common';
import { HOT_CONFIG_RUNTIME } from '../../model/tokens.js';
import type { Path } from '../../model/path.types.js';
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
 * @typeParam T the type of the configuration, to check and complete the path; without it, any path is accepted
 *
 * @publicApi
 */
export function InjectConfig<T extends object = Record<string, unknown>>(
  path: Path<NoInfer<T>>,
): ParameterDecorator & PropertyDecorator {
  Reflect.defineMetadata(path, true, InjectedPaths);
  return Inject(tokenOf(path)) as ParameterDecorator & PropertyDecorator;
}

/** Returns the providers of all accessors that decorators have declared until now. */
export function accessorProviders(): FactoryProvider<ConfigAccessor<unknown>>[] {
  const paths = Reflect.getOwnMetadataKeys(InjectedPaths) as string[];
  return paths.map((path) => ({
    provide: tokenOf(path),
    inject: [HOT_CONFIG_RUNTIME],
    useFactory:
      ({ core: { pins } }: HotConfigRuntime) =>
      () =>
        pins.ambient().get(path),
  }));
}

/**
 * Has the path of each decorator as a metadata key. Decorators run when files are imported, before any app exists, so the
 * paths are known to all apps of the process. They hold no values.
 */
class InjectedPaths {}

function tokenOf(path: string): string {
  return `HOT_CONFIG_ACCESSOR(${path})`;
}
