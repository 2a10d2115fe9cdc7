import { ConfigService } from '@nestjs/config';
import { EMPTY, filter, from, map, merge, mergeMap, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { Change, ConfigChangeEvent } from '../model/change.interface.js';
import type { PatternInput } from '../patterns/pattern.js';
import type { SubscribeOptions } from '../changes/subscribe-options.js';
import type { ChangeHandler } from '../changes/subscription.js';
import { ConfigMissingKeyError, ConfigOptionsError } from '../errors/config.errors.js';
import type { HotConfigRuntime } from './hot-config.runtime.js';
import type { AppliedReload, ReloadResult } from '../model/reload-result.interface.js';
import { SecretChange } from '../secrets/secret-change.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { KnownPath, Path, PathValue } from '../model/path.types.js';

/**
 * Any string, where `T` says nothing about its members, as with `app.get(HotConfigService)`; nothing, where it does.
 */
type UntypedPath<T> = string extends keyof T ? string : [KeysOf<T>] extends [never] ? string : never;

/** The keys of each member of a union. */
type KeysOf<T> = T extends unknown ? keyof T : never;

/** What `get` gives where the value may be missing and a default is given. */
type Present<V, D> = Exclude<V, undefined> | D;

/**
 * One changed path, as `changes$` emits it. `oldValue` and `newValue` are the names that `@nestjs/config` uses.
 *
 * @publicApi
 */
export type ConfigPathChange = Change & { readonly oldValue: unknown; readonly newValue: unknown };

/**
 * Reads configuration, and tells about its changes. Nothing here changes anything: that is `HotConfigManager`'s.
 *
 * Reading is ambient: in a request (or any other pinned context) it answers from the snapshot that was current when the
 * request arrived, elsewhere from the current one. The app never asks which.
 *
 * @example
 * ```ts
 * constructor(private readonly config: HotConfigService<AppConfig>) {}
 *
 * complete() {
 *   const { model, temperature } = this.config.get('llm');
 * }
 * ```
 *
 * @publicApi
 */
export class HotConfigService<T extends object = Record<string, unknown>> extends ConfigService<T> {
  readonly #runtime: HotConfigRuntime;

  /** Made by `HotConfigModule`; to be injected, not called. */
  constructor(runtime: HotConfigRuntime) {
    super({});
    this.#runtime = runtime;
  }

  /** The ambient snapshot: the request's own inside a request, the current one elsewhere. */
  get snapshot(): ConfigSnapshot<T> {
    return this.#runtime.pins.ambient() as ConfigSnapshot<unknown> as ConfigSnapshot<T>;
  }

  /** The latest snapshot, even inside a request that is pinned to an older one. */
  get current(): ConfigSnapshot<T> {
    return this.#runtime.store.current as ConfigSnapshot<unknown> as ConfigSnapshot<T>;
  }

  /** The whole configuration of the ambient snapshot, deep-frozen; an instance of the schema where that is a class. */
  get value(): T {
    return this.#runtime.pins.ambient().value as T;
  }

  /**
   * The value at `path` in the ambient snapshot, typed by the path; undefined where there is none.
   *
   * @param path for example `llm.model`, `servers.0.port` or `modules['npc.dialogue']`
   */
  override get<V = unknown>(path: UntypedPath<T>): V;
  override get<P extends string>(path: KnownPath<T, P>): PathValue<T, P>;
  override get<P extends Path<T>>(path: P): PathValue<T, P>;
  /**
   * The value at `path` in the ambient snapshot, or `defaultValue` where there is none.
   */
  override get<V>(path: UntypedPath<T>, defaultValue: V): V;
  override get<P extends string, const D extends PathValue<T, P>>(
    path: KnownPath<T, P>,
    defaultValue: D,
  ): Present<PathValue<T, P>, D>;
  override get<P extends Path<T>, const D extends PathValue<T, P>>(
    path: P,
    defaultValue: D,
  ): Present<PathValue<T, P>, D>;
  override get(path: string, defaultOrOptions?: unknown, options?: unknown): unknown {
    const value = this.#read(path);
    if (value !== undefined) return value;
    return options === undefined && isGetOptions(defaultOrOptions) ? undefined : defaultOrOptions;
  }

  /**
   * The value at `path` in the ambient snapshot.
   *
   * @throws ConfigMissingKeyError where there is none, and no default either
   */
  override getOrThrow<V = unknown>(path: UntypedPath<T>, defaultValue?: V): V;
  override getOrThrow<P extends string>(
    path: KnownPath<T, P>,
    defaultValue?: PathValue<T, P>,
  ): Exclude<PathValue<T, P>, undefined>;
  override getOrThrow<P extends Path<T>>(
    path: P,
    defaultValue?: PathValue<T, P>,
  ): Exclude<PathValue<T, P>, undefined>;
  override getOrThrow(path: string, defaultOrOptions?: unknown, options?: unknown): unknown {
    const value = (this.get as (...parameters: unknown[]) => unknown)(path, defaultOrOptions, options);
    if (value === undefined) throw new ConfigMissingKeyError(path);
    return value;
  }

  /** Whether the ambient snapshot has a value at `path`. */
  has(path: UntypedPath<T> | Path<T>): boolean {
    return this.#runtime.pins.ambient().has(path);
  }

  /**
   * Calls `handler` after each commit that changes a value which one of `patterns` selects, itself or anything below.
   * Like `@OnConfigChange`, for code that is no provider.
   *
   * @returns `unsubscribe`: no call begins after it was called
   * @throws ConfigPatternError where a pattern cannot be parsed
   */
  onChange(
    patterns: PatternInput | readonly PatternInput[],
    handler: ChangeHandler<T>,
    options?: SubscribeOptions,
  ): () => void {
    const label = handler.name === '' ? 'an onChange() handler' : handler.name;
    const subscription = this.#runtime.dispatcher.subscribe(patterns, handler, { ...options, label });
    return () => subscription.unsubscribe();
  }

  /**
   * The same as an async iterator: `for await (const event of config.changes('llm')) …`. A slow reader gets one event
   * for all it missed. It ends with `break`, or when the app shuts down.
   *
   * @throws ConfigPatternError where a pattern cannot be parsed
   */
  changes(
    patterns: PatternInput | readonly PatternInput[] = '**',
  ): AsyncIterableIterator<ConfigChangeEvent<T>> {
    return this.#runtime.dispatcher.changes<T>(patterns);
  }

  /**
   * Every changed path of every commit, as it happens, and what `set()` sets, at once. For one event per commit with both snapshots, and for patterns,
   * see `onChange`.
   */
  override get changes$(): Observable<ConfigPathChange> {
    const { results, written } = this.#runtime;
    const committed$ = new Observable<ReloadResult>((subscriber) =>
      results.add((result) => subscriber.next(result)),
    ).pipe(
      filter((result): result is AppliedReload => result.outcome === 'applied' && result.cause !== 'boot'),
      mergeMap((result) => from(result.changes)),
      filter((change) => !written?.isTold(change)),
    );
    const written$: Observable<Change> = written?.written$ ?? EMPTY;
    return merge(committed$, written$).pipe(map(asPathChange));
  }

  /**
   * Runs `fn` pinned to the ambient snapshot (outside of any pin, the current one): whatever it reads, and whatever it
   * awaits reads, comes from that one version, until it returns, its promise settles, or the stream it gave ends. For
   * work that no request carries: jobs, consumers, loops.
   */
  runPinned<R>(fn: () => R): R {
    return this.#runtime.pins.runPinned(fn);
  }

  /** Runs `fn` outside of any pin: whatever it reads comes from the current snapshot. */
  runUnpinned<R>(fn: () => R): R {
    return this.#runtime.pins.leave(fn);
  }

  /**
   * For streams that other contexts feed, such as a Subject shared by all clients: what is downstream of it runs in the
   * context that subscribed, and so reads the version that the subscriber is pinned to.
   *
   * @example
   * ```ts
   * @Sse('prices')
   * prices() {
   *   return this.prices$.pipe(this.config.keepPin(), map((price) => ({ data: this.format(price) })));
   * }
   * ```
   */
  keepPin<V>(): MonoTypeOperatorFunction<V> {
    return (source) =>
      new Observable((subscriber) => {
        const enter = this.#runtime.pins.bind();
        return source.subscribe({
          next: (value) => enter(() => subscriber.next(value)),
          error: (error) => enter(() => subscriber.error(error)),
          complete: () => enter(() => subscriber.complete()),
        });
      });
  }

  /**
   * What `ConfigService.set()` of `@nestjs/config` does, for apps that were written for it: the value is there at once,
   * in `process.env` too, and the variables that refer to it follow. Then it becomes an override without end, as
   * `HotConfigManager.set()` makes them, by a reload that may refuse it: then it is taken back, and a warning says so.
   * What a pinned request reads stays as it is, but for the request that set it.
   *
   * @throws ConfigOptionsError where the environment is no part of the configuration: there, this service only reads
   */
  override set<V = unknown>(path: string | symbol | keyof T, value: V): void {
    const { written } = this.#runtime;
    if (written === undefined)
      throw new ConfigOptionsError('HotConfigService only reads: use HotConfigManager.set() to set a value');
    const name = nameOf(path as string | symbol);
    written.write(name, value, this.#read(name));
  }

  #read(path: string | symbol): unknown {
    const { pins, environment, written } = this.#runtime;
    const name = nameOf(path);
    const configured = pins.ambient().get(name);
    if (environment === undefined) return configured;
    const value =
      configured === undefined || environment.hides(name) ? environment.variable(name) : configured;
    return written?.on(name, value);
  }
}

/** A namespace whose name is a symbol stands below the symbol's description. */
function nameOf(path: string | symbol): string {
  return typeof path === 'symbol' ? (path.description ?? '') : path;
}

/** A secret's change shows no value under the other names either. */
function asPathChange(change: Change): ConfigPathChange {
  const { previous: oldValue, current: newValue } = change;
  if (!(change instanceof SecretChange)) return { ...change, oldValue, newValue };
  const hidden = { enumerable: false };
  return Object.defineProperties(new SecretChange(change, change.scope), {
    oldValue: { value: oldValue, ...hidden },
    newValue: { value: newValue, ...hidden },
  }) as unknown as ConfigPathChange;
}

/** `{ infer: true }`, which `@nestjs/config` takes in the place of a default. */
function isGetOptions(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'infer' in value && Object.keys(value).length === 1;
}
