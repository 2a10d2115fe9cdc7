import type { FactoryProvider, Type, ValueProvider } from '@nestjs/common';
import { ConfigMissingKeyError } from '../../errors/config.errors.js';
import { HOT_CONFIG_RUNTIME } from '../../runtime/tokens.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import { formatPath } from '../../model/paths.js';
import { type ConfigMaker, Feature, isNamespace } from '../../compat/nestjs-config/feature.js';
import { liveProxy } from '../../util/live-proxy.js';

/** A class whose instance is a view of what stands at `path`: each property is read from the ambient snapshot. */
export function viewProvider<X extends object>(type: Type<X>, path: string): FactoryProvider<X> {
  return {
    provide: type,
    inject: [HOT_CONFIG_RUNTIME],
    useFactory: (runtime: HotConfigRuntime) => viewOf<X>(runtime, path, type.prototype as X),
  };
}

/** A factory: it becomes a source, and its token, where it has one, a live view of what it last gave. */
export function featureProviders(make: ConfigMaker, loadedAt?: number): (FactoryProvider | ValueProvider)[] {
  const feature = new Feature(make, loadedAt);
  return [
    // Found by the runtime before it boots; what is loaded lazily comes by the other way.
    { provide: Symbol(feature.source.name), useValue: feature },
    {
      provide: isNamespace(make) ? make.KEY : Symbol(`values of ${feature.source.name}`),
      inject: [HOT_CONFIG_RUNTIME],
      useFactory: async (runtime: HotConfigRuntime) => {
        await runtime.addFeature(feature);
        return feature.path && viewOf(runtime, formatPath(feature.path));
      },
    },
  ];
}

/** Whoever looks for methods on providers looks at the class, which is there even where the values are missing. */
function viewOf<X extends object>(runtime: HotConfigRuntime, path: string, prototype?: X): X {
  const resolve = (): X => {
    const value = runtime.pins.ambient().get(path);
    if (typeof value === 'object' && value !== null) return value as X;
    throw new ConfigMissingKeyError(path);
  };
  return liveProxy(resolve, prototype && { prototype });
}
