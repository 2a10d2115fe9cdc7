import { Inject, type FactoryProvider } from '@nestjs/common';
import { HOT_CONFIG_RUNTIME } from '../../runtime/tokens.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';

/**
 * Reads one value, from the ambient snapshot at each call.
 *
 * @publicApi
 */
export type ConfigAccessor<V> = () => V;

/**
 * The paths that decorators name. Decorators run when files are imported, before there is a module to tell: this is the
 * one thing that is known to all apps of a process, and it holds nothing but names.
 */
const paths = new Set<string>();

/**
 * Injects a function that reads one value, live.
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
  paths.add(path);
  return Inject(tokenOf(path)) as ParameterDecorator & PropertyDecorator;
}

/** The providers of everything that was asked for until now. */
export function accessorProviders(): FactoryProvider<ConfigAccessor<unknown>>[] {
  return [...paths].map((path) => ({
    provide: tokenOf(path),
    inject: [HOT_CONFIG_RUNTIME],
    useFactory: (runtime: HotConfigRuntime) => () => runtime.pins.ambient().get(path),
  }));
}

function tokenOf(path: string): string {
  return `HOT_CONFIG_ACCESSOR(${path})`;
}
