import { inspect } from 'node:util';
import { copyMetadata } from './copy-metadata.js';

type AnyFunction = (...parameters: never[]) => unknown;

/** Members that Nest reads of every provider: `then` and the lifecycle hooks. A proxy does not forward them. */
const READ_BY_NEST: ReadonlySet<PropertyKey> = new Set([
  'then',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/**
 * The prototype of what the proxies stand for; no trap shows it. `structuredClone()` and `postMessage()` refuse each proxy,
 * ask no trap, and name the tag of its target: "[object …] could not be cloned." They read the tag if the target does not
 * inherit `toString` from Object.
 */
const TARGET_PROTOTYPE = Object.freeze({
  toString: () => 'a live object',
  [Symbol.toStringTag]:
    'Live object of nestjs-hot-config: clone a copy, structuredClone({ ...object }). The proxy itself',
});

/** Options of `liveProxy`. */
export interface LiveProxyOptions {
  /** `true` if it can be called; fixed for the life of the proxy. Default false. */
  readonly callable?: boolean;
  /** The prototype to show, if the real object may have no class, or lack members for a while. */
  readonly prototype?: object;
  /** Provides the lifecycle hooks that Nest calls. Default: none. */
  readonly hooks?: object;
}

/**
 * Creates an object that behaves like the one that `resolve` returns at the moment of each access. Methods run on the
 * real object, so that its private fields work. Limits: it is not `===` the real object, and `#field in proxy` is false.
 */
export function liveProxy<X extends object>(resolve: () => X, options: LiveProxyOptions = {}): X {
  const { callable = false, prototype, hooks } = options;
  // Callable only if needed: JSON.stringify skips functions. A bound function can be called and constructed, and has no
  // property that a proxy would be forced to show.
  const target = (callable ? Object.bind(undefined) : Object.create(TARGET_PROTOTYPE)) as X;
  // `util.inspect` reads the target of a proxy, not the proxy.
  Object.defineProperty(target, inspect.custom, { value: () => resolve(), configurable: true });

  const read = (real: X, key: PropertyKey): unknown =>
    prototype !== undefined && !(key in real)
      ? Reflect.get(prototype, key, real)
      : Reflect.get(real, key, real);
  const methods = new Methods<X>(resolve, read);
  const proxy = new Proxy(target, {
    get: (_target, key) => {
      if (READ_BY_NEST.has(key)) return hooks && Reflect.get(hooks, key);
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
      // The target does not have the property, so the proxy must not report it as permanent.
      return descriptor && { ...descriptor, configurable: true };
    },
    defineProperty: (_target, key, descriptor) => Reflect.defineProperty(resolve(), key, descriptor),
    getPrototypeOf: () => prototype ?? Reflect.getPrototypeOf(resolve()),
    setPrototypeOf: () => false,
    // The real object may be replaced, so nothing can be guaranteed about it.
    preventExtensions: () => false,
    apply: (_target, self, parameters) => Reflect.apply(resolve() as never, self, parameters),
    construct: (_target, parameters) => Reflect.construct(resolve() as never, parameters) as object,
  });
  return proxy;
}

/** A method as it was read from an object, and what the proxy returns for it. */
interface Forwarder {
  readonly method: AnyFunction;
  readonly forwarder: object;
}

/**
 * Creates the methods of a proxy, which run on the real object. Read twice from one object, a method is the same
 * function; stored, as schedulers do, it runs on the object that is the real one when it is called.
 */
class Methods<X extends object> {
  /** By name, because one function may have two: `on` and `addListener` of an event emitter. */
  readonly #forwarders = new WeakMap<X, Map<PropertyKey, Forwarder>>();

  constructor(
    private readonly resolve: () => X,
    private readonly read: (real: X, key: PropertyKey) => unknown,
  ) {}

  forward(real: X, key: PropertyKey, method: AnyFunction, proxy: X): unknown {
    const known = this.#forwarders.get(real) ?? new Map<PropertyKey, Forwarder>();
    this.#forwarders.set(real, known);
    const before = known.get(key);
    if (before?.method === method) return before.forwarder;
    const forwarder = this.#make(real, key, method, proxy);
    known.set(key, { method, forwarder });
    return forwarder;
  }

  /** A proxy, so that other members of the function (static members of a class) are kept. */
  #make(owner: X, key: PropertyKey, method: AnyFunction, proxy: X): object {
    const origin = new WeakRef(owner); // a scheduler may store the forwarder
    const forwarder = new Proxy(method, {
      apply: (_method, self, parameters) => {
        if (self !== proxy && self !== undefined) return Reflect.apply(method, self, parameters);
        const real = this.resolve();
        // A spy that has replaced the method calls it as the original.
        const current = real === origin.deref() ? method : (this.read(real, key) as AnyFunction);
        return Reflect.apply(current, real, parameters);
      },
    });
    copyMetadata(method, forwarder); // else schedulers and event emitters would not see its decorators
    return forwarder;
  }
}
