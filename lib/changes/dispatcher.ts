import { AsyncResource } from 'node:async_hooks';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { Change, ConfigChangeEvent } from '../model/change.interface.js';
import { ChangeStream } from './change-stream.js';
import { Delivery, type Between } from './delivery.js';
import type { DispatchObserver } from './dispatch-observer.interface.js';
import { HandlerReporter } from './handler-reporter.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { compilePatterns, selectChanges, type PatternInput } from '../patterns/pattern.js';
import { PatternIndex } from '../patterns/pattern-index.js';
import { PriorityLanes } from './priority-lanes.js';
import { resolveSubscribeOptions, type SubscribeOptions } from './subscribe-options.js';
import type { ChangeHandler, Subscription } from './subscription.js';

/** What a dispatcher needs to know of the rest. */
export interface DispatcherOptions {
  /** Calls `fn` in an async context that is pinned to `snapshot`, and returns what it returns. */
  runWith<R>(snapshot: ConfigSnapshot, fn: () => R): R;
  /** Every path that differs between two trees. */
  diff(previous: unknown, current: unknown): Change[];
  readonly observer?: DispatchObserver;
}

/** Milliseconds that running handlers have to end in when the dispatcher closes. */
const DEFAULT_GRACE = 5_000;

/**
 * Tells handlers what changed: each one once per commit, the same order of versions for all, and always the latest
 * state in the end. A handler that is slow, throws or hangs delays nobody of its own priority, and nobody at all for
 * longer than its timeout.
 */
export class Dispatcher {
  private readonly index = new PatternIndex<Delivery>();
  private readonly lanes = new PriorityLanes<Delivery>(() => this.moveSoon());
  private readonly reporter: HandlerReporter;
  private readonly streams = new Set<{ end(): void }>();
  private readonly busy = new Set<Delivery>();
  private whenSettled: (() => void)[] = [];
  /** The snapshot in force, once there was a commit. */
  private latest: ConfigSnapshot | undefined;
  /** Forgotten with each commit, and when nobody is busy: they hold values of superseded snapshots. */
  private readonly comparisons = new Map<string, Change[]>();
  private moving = false;
  private closing: Promise<void> | undefined;
  /** Timers and calls belong to the app, not to the request that set off a reload: they must not hold its pin. */
  private readonly appContext = new AsyncResource('HotConfigDispatcher');

  constructor(private readonly options: DispatcherOptions) {
    this.reporter = new HandlerReporter(options.observer ?? {});
  }

  /**
   * Calls `handler` after each commit that changed something one of `patterns` selects: once, with all such changes.
   * It sees only commits that come later than this.
   *
   * @throws ConfigPatternError where a pattern cannot be understood
   * @throws ConfigOptionsError where an option makes no sense
   */
  subscribe<T = Record<string, unknown>>(
    patterns: PatternInput | readonly PatternInput[],
    handler: ChangeHandler<T>,
    options: SubscribeOptions & { readonly label?: string } = {},
  ): Subscription {
    if (typeof handler !== 'function')
      throw new ConfigOptionsError('What is to be called on changes must be a function');
    const compiled = compilePatterns(patterns);
    const recipient = {
      label: options.label ?? (handler.name || 'anonymous handler'),
      patterns: compiled,
      // What T is, is the word of the caller, who also knows what the snapshots hold.
      handler: handler as ChangeHandler,
      options: resolveSubscribeOptions(options),
    };
    const delivery = new Delivery(recipient, {
      lanes: this.lanes,
      reporter: this.reporter,
      runWith: (snapshot, fn) => this.options.runWith(snapshot, fn),
      busy: (busyOne, busy) => this.setBusy(busyOne, busy),
    });
    if (this.closing === undefined) this.index.add(compiled, delivery);
    return {
      unsubscribe: () => {
        this.index.remove(compiled, delivery);
        delivery.cancel();
        this.reporter.released(recipient.label);
      },
    };
  }

  /**
   * The same as an async iterator: `for await (const event of dispatcher.changes('llm'))`. It keeps one event at most;
   * one that was not read is merged with the next.
   *
   * @throws ConfigPatternError where a pattern cannot be understood
   */
  changes<T = Record<string, unknown>>(
    patterns: PatternInput | readonly PatternInput[] = '**',
  ): AsyncIterableIterator<ConfigChangeEvent<T>> {
    const compiled = compilePatterns(patterns);
    const stream = new ChangeStream<T>(
      (previous, current) => selectChanges(compiled, this.options.diff(previous.value, current.value)),
      () => {
        subscription.unsubscribe();
        this.streams.delete(stream);
      },
    );
    const subscription = this.subscribe<T>(patterns, (event) => stream.push(event), {
      label: 'change stream',
    });
    this.streams.add(stream);
    if (this.closing !== undefined) stream.end();
    return stream;
  }

  /**
   * To be called with each commit, right after it. Returns before any handler is called: a commit waits for nobody.
   * Never throws.
   */
  dispatch(previous: ConfigSnapshot, current: ConfigSnapshot, changes: readonly Change[]): void {
    if (this.closing !== undefined) return;
    this.latest = current;
    this.comparisons.clear();
    this.appContext.runInAsyncScope(() => {
      for (const [delivery, matched] of this.index.match(changes)) {
        delivery.note({ previous, current, changes: matched });
      }
    });
  }

  /** Who would be told of these changes. */
  concernedBy(changes: readonly Change[]): string[] {
    return [...this.index.match(changes).keys()].map(({ recipient }) => recipient.label);
  }

  /**
   * Resolves when every handler has seen the latest state, or has failed on it: nothing waits, runs, backs off or
   * debounces. Not to be awaited within a handler, which would wait for itself.
   */
  settled(): Promise<void> {
    if (this.busy.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenSettled.push(resolve));
  }

  /**
   * Ends everything: no call begins, signals are aborted, streams end. Resolves when the running handlers have ended,
   * or after `grace` milliseconds.
   */
  close(grace: number = DEFAULT_GRACE): Promise<void> {
    this.closing ??= this.shutDown(grace);
    return this.closing;
  }

  private async shutDown(grace: number): Promise<void> {
    for (const stream of this.streams) stream.end();
    for (const delivery of this.busy) delivery.abort();
    let timer: NodeJS.Timeout | undefined;
    const graceOver = new Promise<void>((resolve) => (timer = setTimeout(resolve, grace)));
    await Promise.race([this.settled(), graceOver]);
    clearTimeout(timer);
    for (const delivery of this.busy) this.setBusy(delivery, false);
  }

  private setBusy(delivery: Delivery, busy: boolean): void {
    if (busy) this.busy.add(delivery);
    else if (this.busy.delete(delivery) && this.busy.size === 0) {
      this.comparisons.clear();
      for (const resolve of this.whenSettled.splice(0)) resolve();
    }
  }

  /** In a microtask of its own, so that a handler that commits or unsubscribes never meets a half-done round. */
  private moveSoon(): void {
    if (this.moving) return;
    this.moving = true;
    this.appContext.runInAsyncScope(queueMicrotask, undefined, () => {
      this.moving = false;
      this.move();
    });
  }

  private move(): void {
    // Nobody lines up before the first commit.
    this.lanes.visit(this.latest!, (delivery, limit) => delivery.takeTurn(limit, this.between));
  }

  /** Handlers that slept through the same commits share one comparison. */
  private readonly between: Between = (previous, current) => {
    const key = `${previous.version}:${current.version}`;
    const changes = this.comparisons.get(key) ?? this.options.diff(previous.value, current.value);
    this.comparisons.set(key, changes);
    return changes;
  };
}
