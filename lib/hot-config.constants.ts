/** The token of the runtime behind the service and the manager of one app. */
export const HOT_CONFIG_RUNTIME = Symbol('HOT_CONFIG_RUNTIME');

/** The token of the options that the module was given. */
export const HOT_CONFIG_OPTIONS = Symbol('HOT_CONFIG_OPTIONS');
