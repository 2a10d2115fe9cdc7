// Injection tokens of the library. Applications use the classes instead, which are aliases of these.
export const HOT_CONFIG_RUNTIME = Symbol('HOT_CONFIG_RUNTIME');
export const HOT_CONFIG_OPTIONS = Symbol('HOT_CONFIG_OPTIONS');
export const HOT_CONFIG_SERVICE = Symbol('HOT_CONFIG_SERVICE');
export const HOT_CONFIG_MANAGER = Symbol('HOT_CONFIG_MANAGER');

const copies = Symbol.for('nestjs-hot-config.copies');
const registry = globalThis as { [copies]?: Set<string> };

/**
 * The files that the tokens of this process come from: more than one if several copies of the library are loaded. It is
 * of the process, and not of an app, because a copy knows nothing of the others. A file that is loaded again, as by
 * `jest.resetModules()`, is no second copy.
 */
export const COPIES: ReadonlySet<string> = (registry[copies] ??= new Set<string>()).add(
  String(import.meta.url).replace(/\?.*$/, ''),
);
