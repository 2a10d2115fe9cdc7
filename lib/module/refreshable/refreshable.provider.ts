import type { FactoryProvider, InjectionToken, OptionalFactoryDependency } from '@nestjs/common';
import { compilePatterns } from '../../patterns/pattern.js';
import { HOT_CONFIG_RUNTIME } from '../../model/tokens.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import { anyValue, boolean, func, arrayOf } from '../../options/checks.js';
import { strictObject } from '../../options/strict-object.js';
import type { ConfigSnapshot } from '../../model/config-snapshot.interface.js';
import { liveProxy } from '../../util/live-proxy.js';
import { handleOf, linkToHandle, type RefreshableHandle } from '../../refreshable/refreshable.handle.js';
import type { Refreshable } from '../../refreshable/refreshable.decorator.js';
import { timeoutChecks } from '../../refreshable/refreshable-timeouts.js';
import type { RefreshableRules } from '../../refreshable/refreshable.interface.js';

/**
 * Options of `refreshable()`.
 *
 * @publicApi
 */
export interface RefreshableOptions<
  X,
  T extends object = Record<string, unknown>,
> extends RefreshableRules<X> {
  /** The token by which it is injected. */
  readonly provide: InjectionToken;
  /**
   * Builds an instance from a snapshot and the injected providers; may be async. What it reads through
   * `HotConfigService` and other refreshables belongs to that snapshot too.
   */
  readonly useFactory: (snapshot: ConfigSnapshot<T>, ...dependencies: never[]) => X | Promise<X>;
  /** The tokens of the providers that are passed to `useFactory` after the snapshot. */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  /**
   * `false`: a `Refreshable<X>` is injected, whose `get()` returns the instance. `true`: an object is injected that
   * behaves as the instance itself, which must be an object or a function then.
   *
   * @default false
   */
  readonly transparent?: boolean;
}

/**
 * Provides a component that is built from configuration, and built again when that changes: a client, a pool, a limiter.
 * The new instance is built and checked before the change is committed. If that fails, the change is rejected and the old
 * instance stays. Pinned work keeps the old instance, which is disposed of when the last such work has ended.
 *
 * @example
 * ```ts
 * providers: [
 *   refreshable({
 *     provide: Pool,
 *     on: 'database.*',
 *     useFactory: (snapshot: ConfigSnapshot<AppConfig>) => new Pool(snapshot.value.database),
 *     healthCheck: (pool) => pool.query('select 1'),
 *     dispose: (pool) => pool.end(),
 *   }),
 * ]
 * // constructor(@Inject(Pool) private readonly pool: Refreshable<Pool>) {}
 * // this.pool.get().query(…)
 * ```
 *
 * @throws ConfigOptionsError if an option is missing, unknown or invalid
 *
 * @publicApi
 */
export function refreshable<X, T extends object = Record<string, unknown>>(
  options: RefreshableOptions<X, T>,
): FactoryProvider<Promise<Refreshable<X> | X>> {
  checkOptions(options, '', 'refreshable()');
  const { provide, inject = [], useFactory, transparent = false, ...rules } = options;
  return {
    provide,
    inject: [HOT_CONFIG_RUNTIME, ...inject],
    useFactory: async ({ core }: HotConfigRuntime, ...dependencies: unknown[]) => {
      core.knownPatterns.checkDeclared(nameOf(provide), compilePatterns(rules.on));
      const handle = await core.refreshables.register<X>(
        {
          ...rules,
          label: nameOf(provide),
          build: async (snapshot) => {
            const instance = core.startReads.runBuild(nameOf(provide), () =>
              useFactory(snapshot as ConfigSnapshot<unknown> as never, ...(dependencies as never[])),
            );
            return transparent ? checkTransparent(await instance) : instance;
          },
        },
        () => dependencies.flatMap((dependency) => handleOf(dependency) ?? []),
        () => core.store.current,
      );
      return transparent ? transparentOf(handle) : handle;
    },
  };
}

const checkOptions = strictObject<RefreshableOptions<unknown>>(
  {
    provide: anyValue,
    on: anyValue, // compiled when the app starts
    useFactory: func,
    inject: arrayOf('tokens', () => true),
    transparent: boolean,
    dispose: func,
    healthCheck: func,
    ...timeoutChecks,
  },
  ['provide', 'on', 'useFactory'],
);

/** A proxy can behave as an object or a function only. */
function checkTransparent<X>(instance: X): X {
  if ((typeof instance === 'object' && instance !== null) || typeof instance === 'function') return instance;
  throw new TypeError(
    `only an object or a function can be transparent, but useFactory returned ${String(instance)}`,
  );
}

function transparentOf<X>(handle: RefreshableHandle<X>): X {
  const callable = typeof handle.get() === 'function';
  const proxy = liveProxy(() => handle.get() as object, { callable });
  linkToHandle(proxy, handle as RefreshableHandle);
  return proxy as X;
}

function nameOf(token: InjectionToken): string {
  return typeof token === 'function'
    ? token.name
    : String(typeof token === 'symbol' ? token.description : token);
}
