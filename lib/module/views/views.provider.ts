import type { FactoryProvider, Type } from '@nestjs/common';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import { HOT_CONFIG_RUNTIME } from '../../model/tokens.js';
import { liveView } from '../../pinning/live-view.js';

/** Provides a class whose instance is a view of the values at `path`: it reads the ambient snapshot at each access. */
export function viewProvider<X extends object>(type: Type<X>, path: string): FactoryProvider<X> {
  return {
    provide: type,
    inject: [HOT_CONFIG_RUNTIME],
    useFactory: (runtime: HotConfigRuntime) => liveView<X>(runtime.core.pins, path, type.prototype as X),
  };
}
