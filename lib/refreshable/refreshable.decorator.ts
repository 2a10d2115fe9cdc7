import 'reflect-metadata';
import type { PatternInput } from '../patterns/pattern.js';
import { liveProxy } from '../util/live-proxy.js';
import type { RefreshableHandle } from './refreshable.handle.js';
import type { RefreshableRules } from './refreshable.interface.js';
import { rememberHandle } from './transparent.js';

/**
 * Options of `@Refreshable()`.
 *
 * @publicApi
 */
export type RefreshableClassOptions = Pick<RefreshableRules<unknown>, 'drainTimeout' | 'buildTimeout'>;

/**
 * A component that follows configuration. What is injected under the token of a `refreshable()` provider.
 *
 * @publicApi
 */
export interface Refreshable<X> {
  /**
   * The instance that belongs to the ambient snapshot: a request keeps the one it started with, new work gets the
   * newest. Ask each time; what is held across awaits outside of a pin may be disposed meanwhile.
   */
  get(): X;
}

/** What is injected for a refreshable class: its first instance until the app is up, then the one that `handle` gives. */
export interface RefreshableSlot {
  readonly first: object;
  readonly patterns: PatternInput | readonly PatternInput[];
  readonly options: RefreshableClassOptions;
  link(handle: RefreshableHandle<object>): void;
}

const slots = new WeakMap<object, RefreshableSlot>();
const classes = new WeakSet<object>();

/** What a refreshable class may have of Nest's life cycle. */
export interface Lifecycle {
  onModuleInit?(): unknown;
  onApplicationBootstrap?(): unknown;
  onModuleDestroy?(): unknown;
  beforeApplicationShutdown?(signal?: string): unknown;
  onApplicationShutdown?(signal?: string): unknown;
}

type Constructor = new (...dependencies: never[]) => object;

/**
 * Makes an injectable class follow configuration: when something the patterns select changes, a new instance is made
 * (its dependencies injected, its `onModuleInit` awaited) before the change is committed. Whoever injects the class gets
 * an object that behaves as the instance that belongs to the ambient snapshot. A superseded instance is told by its
 * `[Symbol.asyncDispose]` or `[Symbol.dispose]`, or else its `onModuleDestroy`.
 *
 * Its constructor may not take a `forwardRef()`, nor may it be made by a factory: the app does not start then.
 *
 * @example
 * ```ts
 * @Injectable()
 * @Refreshable('llm.endpoint')
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
  return ((type: Constructor) => {
    // A subclass, so that metadata (dependencies, scope, handlers) is inherited however the decorators are ordered.
    const refreshed = class extends type {
      constructor(...dependencies: never[]) {
        super(...dependencies);
        return slotFor(this, patterns, options);
      }
    };
    Object.defineProperty(refreshed, 'name', { value: type.name });
    classes.add(refreshed);
    return refreshed;
  }) as unknown as ClassDecorator;
}

/** Whether a class is marked. */
export function isRefreshableClass(type: unknown): boolean {
  return typeof type === 'function' && classes.has(type);
}

/** The slot behind an injected object, where it is one of a refreshable class. */
export function slotOf(injected: unknown): RefreshableSlot | undefined {
  return typeof injected === 'object' && injected !== null ? slots.get(injected) : undefined;
}

/**
 * What Nest may call when the app starts and ends. Not `onModuleDestroy`: whoever disposes of an instance calls it, and
 * that once for each.
 */
function hooksOf(first: Lifecycle, newest: () => Lifecycle): Lifecycle {
  return {
    onModuleInit: () => first.onModuleInit?.(),
    onApplicationBootstrap: () => first.onApplicationBootstrap?.(),
    beforeApplicationShutdown: (signal) => newest().beforeApplicationShutdown?.(signal),
    onApplicationShutdown: (signal) => newest().onApplicationShutdown?.(signal),
  };
}

function slotFor(
  first: object,
  patterns: PatternInput | readonly PatternInput[],
  options: RefreshableClassOptions,
): object {
  let handle: RefreshableHandle<object> | undefined;
  const newest = () => handle?.get() ?? first;
  const proxy = liveProxy(newest, { hooks: hooksOf(first, newest) });
  slots.set(proxy, {
    first,
    patterns,
    options,
    link: (linked) => {
      handle = linked;
      rememberHandle(proxy, linked as RefreshableHandle);
    },
  });
  return proxy;
}
