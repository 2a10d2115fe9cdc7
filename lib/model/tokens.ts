// Injection tokens of the library. Applications use the classes instead, which are aliases of these.
export const HOT_CONFIG_RUNTIME = Symbol('HOT_CONFIG_RUNTIME');
export const HOT_CONFIG_OPTIONS = Symbol('HOT_CONFIG_OPTIONS');
export const HOT_CONFIG_SERVICE = Symbol('HOT_CONFIG_SERVICE');
export const HOT_CONFIG_MANAGER = Symbol('HOT_CONFIG_MANAGER');
