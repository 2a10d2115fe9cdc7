/** The token of the runtime behind the service and the manager of one app. */
export const HOT_CONFIG_RUNTIME = Symbol('HOT_CONFIG_RUNTIME');

/** The token of the options that the module was given. */
export const HOT_CONFIG_OPTIONS = Symbol('HOT_CONFIG_OPTIONS');

/** The tokens of the service and the manager within the library: wherever they are exported from, they are one. */
export const HOT_CONFIG_SERVICE = Symbol('HOT_CONFIG_SERVICE');
export const HOT_CONFIG_MANAGER = Symbol('HOT_CONFIG_MANAGER');
