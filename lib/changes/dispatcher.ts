import { AsyncResource } from 'node:async_hooks';
import type { AppCall } from '../model/app-call.js';
import type { ReloadChain } from '../model/reload-chain.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { Change, ConfigChangeEvent } from '../model/change.interface.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { compilePatterns, selectChanges, type Pattern, type PatternInput } from '../patterns/pattern.js';
import { PatternIndex } from '../patterns/pattern-index.js';
import type { Part } from '../model/part.interface.js';
import type { CommittedReload } from '../reload/commit.js';
import type { ReloadObserver } from '../reload/reload-observer.interface.js';
import { Listeners } from '../util/listeners.js';
import { ChangeIterator } from './change-iterator.js';
import type { HandlerEvent } from './handler-event.js';
import type { CompareSnapshots } from './pending-changes.js';
import { PriorityOrder } from './priority-order.js';
import {
  resolveSubscribeOptions,
  type ChangeHandler,
  type SubscribeOptions,
  type Subscription,
} from './subscribe-options.js';
import { HandlerDelivery, type HandlerDeliveryContext } from './handler-delivery.js';

/** The functions of the app that a dispatcher uses. */
export interface DispatcherOptions {
  /** Calls `fn` in an async context that is pinned to `snapshot` and belongs to `call`, and returns its result. */
  runWith<R>(snapshot: ConfigSnapshot, fn: () => R, call: AppCall): R;
  /** Returns every path that differs between two trees. */
  diff(previous: unknown, current: unknown): Change[];
}

/** The changes that concern a handler. */
export interface HandlerChanges {
  /** The handler, for example `LlmService.onLlmChange`. */
  readonly label: string;
  readonly changes: readonly Change[];
}

/** Time that running handlers get to end in when the dispatcher closes, in ms. */
const DEFAULT_GRACE = 5_000;

/**
 * Notifies handlers of changes: each one once per commit, the same order of versions for all, and always the latest
 * state in the end. A handler that is slow, throws or hangs delays no other of its priority, and lower priorities for
 * no longer than its timeout.
 */
export class Dispatcher implements Part, ReloadObserver {
  /** Receives the calls of handlers and their outcomes. Errors of the logs and counters themselves are ignored. */
  readonly handlerEvents = new Listeners<HandlerEvent>(() => undefined);
  private readonly index = new PatternIndex<HandlerDelivery>();
  private readonly order = new PriorityOrder<HandlerDelivery>(() => this.scheduleTurns());
  private readonly iterators = new Set<{ end(): void }>();
  private readonly busy = new Set<HandlerDelivery>();
  private readonly deliveryContext: HandlerDeliveryContext;
  private whenSettled: (() => void)[] = [];
  /** The snapshot in force, once there was a commit. */
  private latest: ConfigSnapshot | undefined;
  /** Cleared with each commit, and when no delivery is busy: they hold values of superseded snapshots. */
  private readonly comparisons = new Map<string, Change[]>();
  private areTurnsScheduled = false;
  private closing: Promise<void> | undefined;
  /** Timers and calls belong to the app, not to the request that triggered a reload: they must not hold its pin. */
  private readonly appContext = new AsyncResource('HotConfigDispatcher');

  constructor(private readonly options: DispatcherOptions) {
    this.deliveryContext = {
      order: this.order,
      emit: (event) => this.handlerEvents.emit(event),
      runWith: (snapshot, fn, call) => this.options.runWith(snapshot, fn, call),
      setBusy: (delivery, isBusy) => this.setBusy(delivery, isBusy),
    };
  }

  /**
   * Registers a handler that is called after each commit that changes something one of `patterns` selects: once, with
   * all such changes. It sees only later commits.
   *
   * @throws ConfigPatternError if a pattern is invalid
   * @throws ConfigOptionsError if an option is invalid
   */
  subscribe<T = Record<string, unknown>>(
    patterns: PatternInput | readonly (PatternInput | Pattern)[],
    handler: ChangeHandler<T>,
    options: SubscribeOptions & { readonly label?: string } = {},
  ): Subscription {
    if (typeof handler !== 'function') throw new ConfigOptionsError('A change handler must be a function');
    const compiled = compilePatterns(patterns);
    const label = options.label ?? (handler.name || labelFor('anonymous handler', compiled));
    const delivery = new HandlerDelivery(
      {
        label,
        patterns: compiled,
        // The caller chooses T: only the caller knows the type of the snapshots.
        handler: handler as ChangeHandler,
        options: resolveSubscribeOptions(options),
      },
      this.deliveryContext,
    );
    if (this.closing === undefined) this.index.add(compiled, delivery);
    return {
      unsubscribe: () => {
        this.index.remove(compiled, delivery);
        delivery.cancel();
        this.handlerEvents.emit({ kind: 'unsubscribed', label });
      },
    };
  }

  /**
   * Returns the changes as an async iterator: `for await (const event of dispatcher.changes('llm'))`. It keeps at most
   * one event: an unread one is merged with the next.
   *
   * @throws ConfigPatternError if a pattern is invalid
   */
  changes<T = Record<string, unknown>>(
    patterns: PatternInput | readonly (PatternInput | Pattern)[] = '**',
  ): AsyncIterableIterator<ConfigChangeEvent<T>> {
    const compiled = compilePatterns(patterns);
    const iterator = new ChangeIterator<T>(
      (previous, current) => selectChanges(compiled, this.options.diff(previous.value, current.value)),
      () => {
        subscription.unsubscribe();
        this.iterators.delete(iterator);
      },
    );
    const subscription = this.subscribe<T>(compiled, (event) => iterator.push(event), {
      label: labelFor('change iterator', compiled),
    });
    this.iterators.add(iterator);
    if (this.closing !== undefined) iterator.end();
    return iterator;
  }

  committed({ previous, commit, result, chain }: CommittedReload): void {
    if (previous !== undefined) this.dispatch(previous, commit.snapshot, result.changes, chain);
  }

  /**
   * Delivers a commit. To be called right after each one. Returns before any handler is called: a commit waits for no
   * handler. Never throws.
   */
  dispatch(
    previous: ConfigSnapshot,
    current: ConfigSnapshot,
    changes: readonly Change[],
    chain?: ReloadChain,
  ): void {
    if (this.closing !== undefined) return;
    this.latest = current;
    this.comparisons.clear();
    this.appContext.runInAsyncScope(() => {
      for (const [delivery, matched] of this.index.match(changes)) {
        delivery.addCommit({ previous, current, changes: matched, chain });
      }
    });
  }

  /** Returns the labels of the handlers that these changes concern. */
  concernedBy(changes: readonly Change[]): string[] {
    return this.matching(changes).map(({ label }) => label);
  }

  /** Returns the changes that concern each handler. */
  matching(changes: readonly Change[]): HandlerChanges[] {
    return [...this.index.match(changes)].map(([{ definition }, matched]) => ({
      label: definition.label,
      changes: matched,
    }));
  }

  /**
   * Resolves when every handler has seen the latest state, or has failed on it: no call waits, runs, debounces or will
   * be retried. A handler must not await it: it would wait for itself.
   */
  settled(): Promise<void> {
    if (this.busy.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenSettled.push(resolve));
  }

  idle(): Promise<void> {
    return this.settled();
  }

  /**
   * Stops all deliveries: no call starts, signals are aborted, iterators end. Resolves when the running handlers have
   * ended, or after `grace` ms.
   */
  close(grace: number = DEFAULT_GRACE): Promise<void> {
    this.closing ??= this.shutDown(grace);
    return this.closing;
  }

  private async shutDown(grace: number): Promise<void> {
    for (const iterator of this.iterators) iterator.end();
    for (const delivery of this.busy) delivery.abort();
    let timer: NodeJS.Timeout | undefined;
    const graceOver = new Promise<void>((resolve) => (timer = setTimeout(resolve, grace)));
    await Promise.race([this.settled(), graceOver]);
    clearTimeout(timer);
    for (const delivery of this.busy) this.setBusy(delivery, false);
  }

  private setBusy(delivery: HandlerDelivery, isBusy: boolean): void {
    if (isBusy) this.busy.add(delivery);
    else if (this.busy.delete(delivery) && this.busy.size === 0) {
      this.comparisons.clear();
      for (const resolve of this.whenSettled.splice(0)) resolve();
    }
  }

  /** Uses a separate microtask, so that a handler that commits or unsubscribes never meets a half-done round. */
  private scheduleTurns(): void {
    if (this.areTurnsScheduled) return;
    this.areTurnsScheduled = true;
    this.appContext.runInAsyncScope(queueMicrotask, undefined, () => {
      this.areTurnsScheduled = false;
      // There is a latest snapshot: nothing is queued before the first commit.
      this.order.visit(this.latest!, (delivery, limit) => delivery.takeTurn(limit, this.compare));
    });
  }

  /** Handlers that missed the same commits share one comparison. */
  private readonly compare: CompareSnapshots = (previous, current) => {
    const key = `${previous.version}:${current.version}`;
    const changes = this.comparisons.get(key) ?? this.options.diff(previous.value, current.value);
    this.comparisons.set(key, changes);
    return changes;
  };
}

/** Makes a label for a handler without a name: its patterns distinguish it in the log. */
function labelFor(kind: string, patterns: readonly Pattern[]): string {
  return `${kind} (${patterns.map(({ source }) => source).join(', ')})`;
}
