import type { FactoryProvider, Type } from '@nestjs/common';
import { ConfigMissingKeyError } from '../../errors/config.errors.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import { HOT_CONFIG_RUNTIME } from '../../runtime/tokens.js';
import { liveProxy } from '../../util/live-proxy.js';

/** Provides a class whose instance is a view of the values at `path`: it reads the ambient snapshot at each access. */
export function viewProvider<X extends object>(type: Type<X>, path: string): FactoryProvider<X> {
  return {
    provide: type,
    inject: [HOT_CONFIG_RUNTIME],
    useFactory: (runtime: HotConfigRuntime) => viewOf<X>(runtime, path, type.prototype as X),
  };
}

/**
 * Creates a view of the values at `path`.
 *
 * @param prototype makes the methods of a class visible, even while the values are missing
 */
export function viewOf<X extends object>(runtime: HotConfigRuntime, path: string, prototype?: X): X {
  const resolve = (): X => {
    const value = runtime.pins.ambient().get(path);
    if (typeof value === 'object' && value !== null) return value as X;
    throw new ConfigMissingKeyError(path);
  };
  return liveProxy(resolve, prototype && { prototype });
}
