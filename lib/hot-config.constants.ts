/** The token of the runtime behind the service and the manager of one app. */
export const HOT_CONFIG_RUNTIME = Symbol('HOT_CONFIG_RUNTIME');
