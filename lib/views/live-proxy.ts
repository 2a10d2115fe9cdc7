/** Methods of functions, made once for each instance: a method taken twice is the same function. */
type BoundMethods = WeakMap<object, object>;

/**
 * What Nest asks of whatever a provider resolves to: whether it is a promise, and its lifecycle hooks. A proxy is none,
 * and has no life of its own.
 */
const ASKED_BY_NEST = new Set<PropertyKey>([
  'then',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/**
 * An object that behaves as whatever `resolve` gives at the moment of each access. Methods run on the real object, so
 * that its private fields work. What a proxy cannot be: the real object (`===`), or its class to `#field in proxy`.
 */
export function liveProxy<X extends object>(resolve: () => X): X {
  const bound: BoundMethods = new WeakMap();
  // An arrow function can be called through the proxy, and unlike other functions has no property that must be shown.
  const target = (() => undefined) as unknown as X;
  return new Proxy(target, {
    get: (_target, key) => {
      if (ASKED_BY_NEST.has(key)) return undefined;
      const real = resolve();
      const value: unknown = Reflect.get(real, key, real);
      return typeof value === 'function' && key !== 'constructor' ? bind(value, real, bound) : value;
    },
    set: (_target, key, value) => {
      const real = resolve();
      return Reflect.set(real, key, value, real);
    },
    has: (_target, key) => Reflect.has(resolve(), key),
    deleteProperty: (_target, key) => Reflect.deleteProperty(resolve(), key),
    ownKeys: () => Reflect.ownKeys(resolve()),
    getOwnPropertyDescriptor: (_target, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(resolve(), key);
      // The proxy's own target does not have it, so it may not be called permanent.
      return descriptor && { ...descriptor, configurable: true };
    },
    defineProperty: (_target, key, descriptor) => Reflect.defineProperty(resolve(), key, descriptor),
    getPrototypeOf: () => Reflect.getPrototypeOf(resolve()),
    apply: (_target, self, parameters) => Reflect.apply(resolve() as never, self, parameters),
    construct: (_target, parameters) => Reflect.construct(resolve() as never, parameters) as object,
  });
}

function bind(method: object, real: object, bound: BoundMethods): unknown {
  let known = bound.get(method) as { readonly real: object; readonly method: unknown } | undefined;
  if (known?.real !== real) {
    known = { real, method: (method as (...parameters: unknown[]) => unknown).bind(real) };
    bound.set(method, known);
  }
  return known.method;
}
