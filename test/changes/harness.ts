import { AsyncLocalStorage } from 'node:async_hooks';
import { vi } from 'vitest';
import type { Change, ConfigChangeEvent } from '../../lib/model/change.interface.js';
import { Dispatcher } from '../../lib/changes/dispatcher.js';
import type { HandlerEvent } from '../../lib/changes/handler-event.js';
import type { ConfigSnapshot } from '../../lib/model/config-snapshot.interface.js';
import { diff } from '../../lib/snapshot/diff.js';
import { formatPath, tryParsePath, valueAt } from '../../lib/model/paths.js';

export type Tree = Record<string, unknown>;

export function snapshotOf(version: number, value: Tree): ConfigSnapshot {
  const get = (path: string): unknown => valueAt(value, tryParsePath(path) ?? []);
  return {
    version,
    hash: JSON.stringify(value),
    time: new Date(0),
    cause: version === 1 ? 'boot' : 'file',
    value,
    get,
    has: (path) => get(path) !== undefined,
  };
}

export function changeOf(...segments: string[]): Change {
  return { path: formatPath(segments), segments, kind: 'changed', previous: 1, current: 2 };
}

type Kind = HandlerEvent['kind'];
type EventOf<K extends Kind> = Omit<Extract<HandlerEvent, { kind: K }>, 'kind'>;

/** A dispatcher, and the commits it delivers. */
export class Harness {
  readonly pin = new AsyncLocalStorage<ConfigSnapshot>();
  /** Called with the events of handlers, by their kind. */
  readonly observer = {
    handlerFinished: vi.fn<(call: Omit<EventOf<'finished'>, 'willRetry'>) => void>(),
    handlerFailed: vi.fn<(call: EventOf<'failed'>) => void>(),
    handlerTimedOut: vi.fn<(call: EventOf<'timed-out'>) => void>(),
    handlerRetried: vi.fn<(call: EventOf<'retry-started'>) => void>(),
  };
  readonly diff = vi.fn<typeof diff>(diff);
  readonly dispatcher = new Dispatcher({
    runWith: (snapshot, fn) => this.pin.run(snapshot, fn),
    diff: this.diff,
  });
  current: ConfigSnapshot;

  /** All snapshots, if `keepsHistory`. */
  readonly history: ConfigSnapshot[] = [];

  constructor(
    value: Tree = {},
    private readonly keepsHistory = false,
  ) {
    this.current = snapshotOf(1, value);
    this.dispatcher.handlerEvents.add((event) => this.observe(event));
    if (keepsHistory) this.history.push(this.current);
  }

  /** Commits a whole tree, as a reload does: not if the content is the same. */
  commit(value: Tree): ConfigSnapshot {
    const previous = this.current;
    const changes = diff(previous.value, value);
    if (changes.length === 0) return previous;
    this.current = snapshotOf(previous.version + 1, value);
    if (this.keepsHistory) this.history.push(this.current);
    this.dispatcher.dispatch(previous, this.current, changes);
    return this.current;
  }

  /** Commits, and waits for everything that needs no timer. */
  async commitAndFlush(value: Tree): Promise<void> {
    this.commit(value);
    await flush();
  }

  private observe(event: HandlerEvent): void {
    if (event.kind === 'finished') {
      const { kind: _kind, willRetry: _willRetry, ...call } = event;
      this.observer.handlerFinished(call);
    } else if (event.kind === 'failed') {
      const { kind: _kind, ...call } = event;
      this.observer.handlerFailed(call);
    } else if (event.kind === 'timed-out') {
      const { kind: _kind, ...call } = event;
      this.observer.handlerTimedOut(call);
    } else if (event.kind === 'retry-started') {
      const { kind: _kind, ...call } = event;
      this.observer.handlerRetried(call);
    }
  }
}

/** Waits for everything that needs no timer. */
export async function flush(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** Describes an event in one line. */
export function summary(event: ConfigChangeEvent): string {
  const changes = event.changes.map(
    ({ path, previous, current }) => `${path}:${json(previous)}>${json(current)}`,
  );
  return `${event.previous.version}→${event.current.version} ${changes.join(' ')}`;
}

function json(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

/** A handler whose calls the test ends. */
export class SlowHandler {
  readonly seen: string[] = [];
  readonly events: ConfigChangeEvent[] = [];
  private readonly calls: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  readonly handle = (event: ConfigChangeEvent): Promise<void> => {
    this.seen.push(summary(event));
    this.events.push(event);
    return new Promise((resolve, reject) => this.calls.push({ resolve, reject }));
  };

  /** Ends the oldest running call. */
  async finish(): Promise<void> {
    this.calls.shift()!.resolve();
    await flush();
  }

  async fail(error: unknown = new Error('no')): Promise<void> {
    this.calls.shift()!.reject(error);
    await flush();
  }
}
