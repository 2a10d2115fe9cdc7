import 'reflect-metadata';
import type { PatternInput } from '../patterns/pattern.js';
import { strictObject } from '../options/strict-object.js';
import { liveProxy } from '../util/live-proxy.js';
import { linkToHandle, type RefreshableHandle } from './refreshable.handle.js';
import type { RefreshableRules } from './refreshable.interface.js';
import { timeoutChecks } from './refreshable-timeouts.js';

/**
 * Options of `@Refreshable()`.
 *
 * @publicApi
 */
export type RefreshableClassOptions = Pick<RefreshableRules<unknown>, 'drainTimeout' | 'buildTimeout'>;

/**
 * A component that is built from configuration. Injected by the token of a `refreshable()` provider.
 *
 * @publicApi
 */
export interface Refreshable<X> {
  /**
   * Returns the instance that belongs to the ambient snapshot: a request keeps the one it started with, new work gets
   * the newest. Call it each time: outside of a pin, an instance that is held across an `await` may be disposed of
   * meanwhile.
   *
   * @throws ConfigDisposedError if its instance was disposed of: the work took longer than `drainTimeout`, or went on after
   *   its client had disconnected
   */
  get(): X;
}

/** Describes the proxy that is injected for a refreshable class. */
export interface RefreshableProxy {
  /** The instance that the proxy forwards to until it is connected. */
  readonly firstInstance: object;
  readonly patterns: PatternInput | readonly PatternInput[];
  readonly options: RefreshableClassOptions;
  /** Makes the proxy forward to the instances of `handle`. */
  connect(handle: RefreshableHandle<object>): void;
}

/** Metadata key of a `RefreshableProxy`, on the proxy itself: metadata is found by identity, without access through it. */
const PROXY_METADATA = Symbol('nestjs-hot-config:refreshable-proxy');
/** Metadata key on a refreshable class; the value is `true`. */
const CLASS_METADATA = Symbol('nestjs-hot-config:refreshable-class');

/** Nest's lifecycle hooks that a refreshable class may have. */
export interface Lifecycle {
  onModuleInit?(): unknown;
  onApplicationBootstrap?(): unknown;
  onModuleDestroy?(): unknown;
  beforeApplicationShutdown?(signal?: string): unknown;
  onApplicationShutdown?(signal?: string): unknown;
}

const checkOptions = strictObject<RefreshableClassOptions>(timeoutChecks);

type Constructor = new (...dependencies: never[]) => object;

/**
 * Rebuilds an injectable class when configuration changes: when something the patterns select changes, a new instance is
 * created (its dependencies injected, its `onModuleInit` awaited) before the change is committed. The injected object
 * behaves as the instance that belongs to the ambient snapshot. A superseded instance is disposed of by its
 * `[Symbol.asyncDispose]` or `[Symbol.dispose]`, or else its `onModuleDestroy`.
 *
 * Its constructor must not take a `forwardRef()`. It must not be created by a factory, and it must have the default scope.
 * Otherwise the app does not start.
 *
 * @throws ConfigOptionsError if an option is unknown or invalid
 *
 * @example
 * With `@Injectable() @Refreshable('llm.endpoint')` above this class:
 * ```ts
 * export class LlmClient {
 *   private readonly agent: Agent;
 *   constructor(config: HotConfigService<AppConfig>) {
 *     this.agent = new Agent({ host: config.get('llm.endpoint') });
 *   }
 *   onModuleDestroy() {
 *     this.agent.destroy();
 *   }
 * }
 * ```
 *
 * @publicApi
 */
export function Refreshable(
  patterns: PatternInput | readonly PatternInput[],
  options: RefreshableClassOptions = {},
): ClassDecorator {
  checkOptions(options, '', '@Refreshable()');
  return ((type: Constructor) => {
    // A subclass, so that metadata (dependencies, scope, handlers) is inherited however the decorators are ordered.
    const refreshed = class extends type {
      constructor(...dependencies: never[]) {
        super(...dependencies);
        return proxyFor(this, patterns, options);
      }
    };
    Object.defineProperty(refreshed, 'name', { value: type.name });
    Reflect.defineMetadata(CLASS_METADATA, true, refreshed);
    return refreshed;
  }) as unknown as ClassDecorator;
}

/** Checks whether a class has the decorator `@Refreshable()`. */
export function isRefreshableClass(type: unknown): boolean {
  return typeof type === 'function' && Reflect.hasOwnMetadata(CLASS_METADATA, type);
}

/** Returns the description of an injected object, or `undefined` if it is not a proxy of a refreshable class. */
export function describeProxy(injected: unknown): RefreshableProxy | undefined {
  if (typeof injected !== 'object' || injected === null) return undefined;
  return Reflect.getOwnMetadata(PROXY_METADATA, injected) as RefreshableProxy | undefined;
}

/**
 * Returns the hooks that Nest may call when the app starts and ends. Not `onModuleDestroy`: that is called when an
 * instance is disposed of, once for each.
 */
function hooksOf(first: Lifecycle, newest: () => Lifecycle): Lifecycle {
  return {
    onModuleInit: () => first.onModuleInit?.(),
    onApplicationBootstrap: () => first.onApplicationBootstrap?.(),
    beforeApplicationShutdown: (signal) => newest().beforeApplicationShutdown?.(signal),
    onApplicationShutdown: (signal) => newest().onApplicationShutdown?.(signal),
  };
}

function proxyFor(
  firstInstance: object,
  patterns: PatternInput | readonly PatternInput[],
  options: RefreshableClassOptions,
): object {
  let handle: RefreshableHandle<object> | undefined;
  const resolve = () => handle?.get() ?? firstInstance;
  const newest = () => handle?.newest ?? firstInstance;
  const proxy = liveProxy(resolve, { hooks: hooksOf(firstInstance, newest) });
  const description: RefreshableProxy = {
    firstInstance,
    patterns,
    options,
    connect: (connected) => {
      handle = connected;
      linkToHandle(proxy, connected as RefreshableHandle);
    },
  };
  Reflect.defineMetadata(PROXY_METADATA, description, proxy);
  return proxy;
}
