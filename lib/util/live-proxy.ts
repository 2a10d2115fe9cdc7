import { inspect } from 'node:util';

type AnyFunction = (...parameters: never[]) => unknown;

/**
 * What Nest asks of whatever a provider resolves to: whether it is a promise, and its lifecycle hooks. A proxy is none,
 * and has no life of its own.
 */
const ASKED_BY_NEST: ReadonlySet<PropertyKey> = new Set([
  'then',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** How a live proxy differs from what it stands for. */
export interface LiveProxyOptions {
  /** Whether it can be called: a proxy is a function or it is none, for ever. Default false. */
  readonly callable?: boolean;
  /** Its class, where what `resolve` gives may be of none, or be missing for a while. */
  readonly prototype?: object;
  /** What it answers where Nest asks for a lifecycle hook. Default: nothing. */
  readonly hooks?: object;
}

/**
 * An object that behaves as whatever `resolve` gives at the moment of each access. Methods run on the real object, so
 * that its private fields work. What a proxy cannot be: the real object (`===`), or its class to `#field in proxy`.
 */
export function liveProxy<X extends object>(resolve: () => X, options: LiveProxyOptions = {}): X {
  const { callable = false, prototype, hooks } = options;
  // Not callable where it need not be: to JSON.stringify, a function is nothing. A bound function can be called and
  // constructed, and has no property that a proxy would be forced to show.
  const target = (callable ? Object.bind(undefined) : {}) as X;
  // Node looks at the target of a proxy, not at the proxy.
  Object.defineProperty(target, inspect.custom, { value: () => resolve(), configurable: true });

  const read = (real: X, key: PropertyKey): unknown =>
    prototype !== undefined && !(key in real)
      ? Reflect.get(prototype, key, real)
      : Reflect.get(real, key, real);
  const methods = new Methods<X>(resolve, read);
  const proxy = new Proxy(target, {
    get: (_target, key) => {
      if (ASKED_BY_NEST.has(key)) return hooks && Reflect.get(hooks, key);
      if (key === 'constructor' && prototype !== undefined) return prototype.constructor;
      const real = resolve();
      const value = read(real, key);
      return typeof value === 'function' && key !== 'constructor'
        ? methods.forward(real, key, value as AnyFunction, proxy)
        : value;
    },
    set: (_target, key, value) => {
      const real = resolve();
      return Reflect.set(real, key, value, real);
    },
    has: (_target, key) => Reflect.has(resolve(), key) || (prototype !== undefined && key in prototype),
    deleteProperty: (_target, key) => Reflect.deleteProperty(resolve(), key),
    ownKeys: () => Reflect.ownKeys(resolve()),
    getOwnPropertyDescriptor: (_target, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(resolve(), key);
      // The proxy's own target does not have it, so it may not be called permanent.
      return descriptor && { ...descriptor, configurable: true };
    },
    defineProperty: (_target, key, descriptor) => Reflect.defineProperty(resolve(), key, descriptor),
    getPrototypeOf: () => prototype ?? Reflect.getPrototypeOf(resolve()),
    setPrototypeOf: () => false,
    // The real object comes and goes: nothing can be promised about all of them.
    preventExtensions: () => false,
    apply: (_target, self, parameters) => Reflect.apply(resolve() as never, self, parameters),
    construct: (_target, parameters) => Reflect.construct(resolve() as never, parameters) as object,
  });
  return proxy;
}

/**
 * Methods that are called on a proxy and run on the real object. Taken twice from one object, a method is the same
 * function; kept (as schedulers keep it), it runs on whatever is the real object when it is called.
 */
class Methods<X extends object> {
  readonly #forwarders = new WeakMap<X, WeakMap<object, object>>();

  constructor(
    private readonly resolve: () => X,
    private readonly read: (real: X, key: PropertyKey) => unknown,
  ) {}

  forward(real: X, key: PropertyKey, method: AnyFunction, proxy: X): unknown {
    const known = this.#forwarders.get(real) ?? new WeakMap<object, object>();
    this.#forwarders.set(real, known);
    const forwarder = known.get(method) ?? this.#make(key, method, proxy);
    known.set(method, forwarder);
    return forwarder;
  }

  /** A proxy again: what else is on the function (static members, where it is a class) stays. */
  #make(key: PropertyKey, method: AnyFunction, proxy: X): object {
    return new Proxy(method, {
      apply: (_method, self, parameters) => {
        if (self !== proxy && self !== undefined) return Reflect.apply(method, self, parameters);
        const real = this.resolve();
        return Reflect.apply(this.read(real, key) as AnyFunction, real, parameters);
      },
    });
  }
}
