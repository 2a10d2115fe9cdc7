import { type ConfigGetOptions, ConfigService } from '@nestjs/config';
import { EMPTY, filter, from, map, merge, mergeMap, type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { Change, ConfigChangeEvent } from '../model/change.interface.js';
import { compilePatterns, type PatternInput } from '../patterns/pattern.js';
import type { Patterns, PatternsArgument } from '../patterns/pattern.types.js';
import type { ChangeHandler, SubscribeOptions } from '../changes/subscribe-options.js';
import { ConfigMissingKeyError, ConfigOptionsError } from '../errors/config.errors.js';
import type { Core } from './core.js';
import type { AppliedReload, ReloadResult } from '../model/reload-result.interface.js';
import { SecretChange } from '../secrets/secret-change.js';
import type { ConfigValueOf } from '../model/config-value.types.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { AnyPath, IfNotKnown, IfUntyped, TypedPath } from '../model/path-argument.types.js';
import type { Path, PathValue } from '../model/path.types.js';

/**
 * One changed path, as emitted by `changes$`. `oldValue` and `newValue` are the names of `@nestjs/config` for `previous`
 * and `current`.
 *
 * @publicApi
 */
export type ConfigPathChange = Change & { readonly oldValue: unknown; readonly newValue: unknown };

/**
 * Reads configuration and notifies of its changes. To change configuration, use `HotConfigManager`.
 *
 * Reads come from the ambient snapshot: in a request (or any other pinned context) the one that was current when the
 * request arrived, elsewhere the current one.
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
  readonly #core: Core;

  /**
   * Called by `HotConfigModule`. Inject the service instead.
   *
   * @internal
   */
  constructor(core: Core) {
    super({});
    this.#core = core;
  }

  /** The ambient snapshot: inside a request the one it is pinned to, elsewhere the current one. */
  get snapshot(): ConfigSnapshot<T> {
    return this.#core.pins.ambient() as ConfigSnapshot<unknown> as ConfigSnapshot<T>;
  }

  /** The current snapshot, even inside a request that is pinned to an older one. */
  get current(): ConfigSnapshot<T> {
    return this.#core.store.current as ConfigSnapshot<unknown> as ConfigSnapshot<T>;
  }

  /** The whole configuration of the ambient snapshot, deep-frozen; an instance of the schema if that is a class. */
  get value(): ConfigValueOf<T> {
    return this.#core.pins.ambient().value as ConfigValueOf<T>;
  }

  /**
   * Returns the value at `path` in the ambient snapshot; undefined if it does not exist.
   *
   * @param path for example `llm.model`, `servers.0.port` or `modules['npc.dialogue']`
   */
  override get<V = unknown>(...path: IfUntyped<T, [path: string]>): V;
  /** Returns the value at `path` in the ambient snapshot, or `defaultValue` if it does not exist. */
  override get<V = unknown>(...pathAndDefault: IfUntyped<T, [path: string, defaultValue: V]>): V;
  /** Returns the value at `path` in the ambient snapshot, typed by the path; undefined if it does not exist. */
  override get<P extends Path<T>>(...path: IfNotKnown<T, [path: P]>): ConfigValueOf<PathValue<T, P>>;
  /** Returns the value at `path` in the ambient snapshot, or `defaultValue` if it does not exist. */
  override get<P extends Path<T>, const D extends PathValue<T, P>>(
    ...pathAndDefault: IfNotKnown<T, [path: P, defaultValue: D]>
  ): ConfigValueOf<Exclude<PathValue<T, P>, undefined>> | D;
  /**
   * Returns the value at `path` in the ambient snapshot, typed by the path; undefined if it does not exist.
   *
   * @param path for example `llm.model`, `servers.0.port` or `modules['npc.dialogue']`
   */
  override get<P extends string>(path: TypedPath<T, P>): ConfigValueOf<PathValue<T, P>>;
  /** Returns the value at `path` in the ambient snapshot, or `defaultValue` if it does not exist. */
  override get<P extends string, const D extends PathValue<T, P>>(
    path: TypedPath<T, P>,
    defaultValue: D,
  ): ConfigValueOf<Exclude<PathValue<T, P>, undefined>> | D;
  /** As `@nestjs/config` has it. `infer` changes nothing: a value is always typed by its path. */
  override get<P extends Path<T>>(
    path: P,
    defaultValue: PathValue<T, P>,
    options: ConfigGetOptions,
  ): ConfigValueOf<Exclude<PathValue<T, P>, undefined>>;
  override get(...[path, defaultOrOptions, options]: unknown[]): unknown {
    const { startReads } = this.#core;
    if (startReads.isOpen) startReads.add(nameOf(path as string | symbol));
    const value = this.#read(path as string);
    if (value !== undefined) return value;
    return options === undefined && isGetOptions(defaultOrOptions) ? undefined : defaultOrOptions;
  }

  /**
   * Returns the value at `path` in the ambient snapshot.
   *
   * @throws ConfigMissingKeyError if the value does not exist
   */
  override getOrThrow<V = unknown>(...path: IfUntyped<T, [path: string]>): V;
  /**
   * Returns the value at `path` in the ambient snapshot, or `defaultValue` if it does not exist.
   *
   * @throws ConfigMissingKeyError if the value does not exist and the default is undefined
   */
  override getOrThrow<V = unknown>(...pathAndDefault: IfUntyped<T, [path: string, defaultValue: V]>): V;
  /**
   * Returns the value at `path` in the ambient snapshot, or `defaultValue` if it does not exist.
   *
   * @throws ConfigMissingKeyError if the value does not exist and the default is undefined
   */
  override getOrThrow<P extends Path<T>>(
    ...pathAndDefault: IfNotKnown<T, [path: P, defaultValue?: PathValue<T, P>]>
  ): ConfigValueOf<Exclude<PathValue<T, P>, undefined>>;
  /**
   * Returns the value at `path` in the ambient snapshot, typed by the path.
   *
   * @throws ConfigMissingKeyError if the value does not exist
   */
  override getOrThrow<P extends string>(
    path: TypedPath<T, P>,
  ): ConfigValueOf<Exclude<PathValue<T, P>, undefined>>;
  /**
   * Returns the value at `path` in the ambient snapshot, or `defaultValue` if it does not exist.
   *
   * @throws ConfigMissingKeyError if the value does not exist and the default is undefined
   */
  override getOrThrow<P extends string, const D extends PathValue<T, P>>(
    path: TypedPath<T, P>,
    defaultValue: D,
  ): ConfigValueOf<Exclude<PathValue<T, P>, undefined>> | Exclude<D, undefined>;
  /** As `@nestjs/config` has it. `infer` changes nothing: a value is always typed by its path. */
  override getOrThrow<P extends Path<T>>(
    path: P,
    defaultValue: PathValue<T, P>,
    options: ConfigGetOptions,
  ): ConfigValueOf<Exclude<PathValue<T, P>, undefined>>;
  override getOrThrow(...parameters: unknown[]): unknown {
    const value = (this.get as (...parameters: unknown[]) => unknown)(...parameters);
    if (value === undefined) {
      const name = nameOf(parameters[0] as string | symbol);
      throw new ConfigMissingKeyError(name, this.#core.pins.ambient().ambiguityOf(name));
    }
    return value;
  }

  /** Checks whether the ambient snapshot has a value at `path`. */
  has(...path: IfNotKnown<T, [path: AnyPath<T>]>): boolean;
  /** Checks whether the ambient snapshot has a value at `path`. */
  has<P extends string = Path<T>>(path: TypedPath<T, P>): boolean;
  has(...[path]: string[]): boolean {
    return this.#core.pins.ambient().has(path as string);
  }

  /**
   * Registers a handler that is called after each commit that changes a value selected by one of `patterns`, or a value
   * below it. Like `@OnConfigChange`, for code that is not a provider.
   *
   * @param patterns paths, patterns, or a RegExp. The compiler checks a path, and the first key of a pattern with wildcards
   * or brackets
   * @returns a function that unsubscribes: once it has been called, no further call of the handler starts
   * @throws ConfigPatternError if a pattern cannot be parsed
   */
  onChange<const P extends PatternInput | readonly PatternInput[] = Patterns<T>>(
    patterns: PatternsArgument<T, P>,
    handler: ChangeHandler<T>,
    options?: SubscribeOptions,
  ): () => void {
    const label = this.#labelOf(handler as { readonly name: string });
    const compiled = compilePatterns(patterns as PatternInput | readonly PatternInput[]);
    const subscription = this.#core.dispatcher.subscribe(compiled, handler, { ...options, label });
    this.#core.knownPatterns.checkPassed(label, compiled);
    return () => subscription.unsubscribe();
  }

  /**
   * Returns the same changes as an async iterator: `for await (const event of config.changes('llm')) …`. A slow reader
   * gets one event for all the changes it missed. The iteration ends with `break`, or when the app shuts down.
   *
   * @param patterns default: all changes
   * @throws ConfigPatternError if a pattern cannot be parsed
   */
  changes<const P extends PatternInput | readonly PatternInput[] = Patterns<T>>(
    patterns?: PatternsArgument<T, P>,
  ): AsyncIterableIterator<ConfigChangeEvent<T>> {
    const inputs = patterns as PatternInput | readonly PatternInput[] | undefined;
    const compiled = inputs === undefined ? undefined : compilePatterns(inputs);
    const iterator = this.#core.dispatcher.changes<T>(compiled);
    if (compiled !== undefined) this.#core.knownPatterns.checkPassed('changes()', compiled);
    return iterator;
  }

  /**
   * Emits every changed path of every commit, and what `set()` sets, immediately. For patterns, and for one event per
   * commit with both snapshots, see `onChange`.
   */
  override get changes$(): Observable<ConfigPathChange> {
    const { observers, calls, configServiceWrites } = this.#core;
    const committed$ = new Observable<ReloadResult>((subscriber) =>
      observers.add({
        ended: (result) => calls.run('a subscriber of changes$', [], () => subscriber.next(result)),
      }),
    ).pipe(
      filter((result): result is AppliedReload => result.outcome === 'applied' && result.cause !== 'boot'),
      mergeMap((result) => from(result.changes)),
      filter((change) => !configServiceWrites?.hasEmitted(change)),
    );
    const written$: Observable<Change> = configServiceWrites?.changes$ ?? EMPTY;
    return merge(committed$, written$).pipe(map(asPathChange));
  }

  /**
   * Runs `fn` pinned to the ambient snapshot (outside of any pin, the current one). Everything that `fn` and the code it
   * awaits read comes from that version, until `fn` returns, its promise settles, or the stream it returned ends. For
   * work outside of requests: jobs, consumers, loops.
   */
  runPinned<R>(fn: () => R): R {
    return this.#core.pins.runPinned(fn);
  }

  /** Runs `fn` outside of any pin: everything it reads comes from the current snapshot. */
  runUnpinned<R>(fn: () => R): R {
    return this.#core.pins.leave(fn);
  }

  /**
   * Returns an operator for streams that are fed from another context, such as a Subject shared by all clients.
   * Operators after it run in the context of the subscriber, and so read the version that the subscriber is pinned to.
   *
   * @example
   * ```ts
   * prices() {
   *   return this.prices$.pipe(this.config.keepPin(), map((price) => ({ data: this.format(price) })));
   * }
   * ```
   */
  keepPin<V>(): MonoTypeOperatorFunction<V> {
    return (source) =>
      new Observable((subscriber) => {
        const enter = this.#core.pins.bind();
        return source.subscribe({
          next: (value) => enter(() => subscriber.next(value)),
          error: (error) => enter(() => subscriber.error(error)),
          complete: () => enter(() => subscriber.complete()),
        });
      });
  }

  /**
   * Sets a value as `ConfigService.set()` of `@nestjs/config` does, for apps written for that package. The value can be
   * read immediately, in `process.env` too, and the variables that refer to it follow. Then a reload makes it an
   * override without a `ttl`, as by `HotConfigManager.set()`. If that reload is rejected, the value is removed again and
   * a warning is logged. Pinned requests do not see the value, except the one that set it.
   *
   * @throws ConfigOptionsError if the environment is not part of the configuration: use `HotConfigManager.set()` then
   */
  override set<V = unknown>(path: string | symbol | keyof T, value: V): void {
    const { configServiceWrites } = this.#core;
    if (configServiceWrites === undefined)
      throw new ConfigOptionsError('HotConfigService only reads: use HotConfigManager.set() to set a value');
    const name = nameOf(path as string | symbol);
    configServiceWrites.write(name, value, this.#read(name));
  }

  /** While the app starts, the label names the class as well: it follows these paths by itself. */
  #labelOf({ name }: { readonly name: string }): string {
    const owner = this.#core.startReads.callerName();
    if (owner !== undefined) return `${owner}.${name || 'onChange()'}`;
    return name || 'an onChange() handler';
  }

  #read(path: string | symbol): unknown {
    const { pins, environment, configServiceWrites, readsAsWritten } = this.#core;
    const name = nameOf(path);
    if (environment === undefined) return pins.ambient().get(name);
    const configured = readsAsWritten ? pins.ambient().getExact(name) : pins.ambient().get(name);
    const value =
      configured === undefined || environment.isHidden(name) ? environment.variable(name) : configured;
    return configServiceWrites?.applyTo(name, value);
  }
}

/** A namespace named by a symbol is found under the description of the symbol. */
function nameOf(path: string | symbol): string {
  return typeof path === 'symbol' ? (path.description ?? '') : path;
}

/** Adds the names of `@nestjs/config`. The change of a secret must not show its values under these names either. */
function asPathChange(change: Change): ConfigPathChange {
  const { previous: oldValue, current: newValue } = change;
  if (!(change instanceof SecretChange)) return { ...change, oldValue, newValue };
  const hidden = { enumerable: false };
  return Object.defineProperties(new SecretChange(change, change.scope), {
    oldValue: { value: oldValue, ...hidden },
    newValue: { value: newValue, ...hidden },
  }) as unknown as ConfigPathChange;
}

/** Checks for `{ infer: true }`, which `@nestjs/config` accepts in place of a default. */
function isGetOptions(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'infer' in value && Object.keys(value).length === 1;
}
