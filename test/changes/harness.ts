import { AsyncLocalStorage } from 'node:async_hooks';
import { vi } from 'vitest';
import type { Change, ConfigChangeEvent } from '../../lib/model/change.interface.js';
import type { DispatchObserver } from '../../lib/changes/dispatch-observer.interface.js';
import { Dispatcher } from '../../lib/changes/dispatcher.js';
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

/** A dispatcher, and the commits it is told of. */
export class Harness {
  readonly pin = new AsyncLocalStorage<ConfigSnapshot>();
  readonly observer = {
    handlerFinished: vi.fn<NonNullable<DispatchObserver['handlerFinished']>>(),
    handlerFailed: vi.fn<NonNullable<DispatchObserver['handlerFailed']>>(),
    handlerTimedOut: vi.fn<NonNullable<DispatchObserver['handlerTimedOut']>>(),
    handlerRetried: vi.fn<NonNullable<DispatchObserver['handlerRetried']>>(),
  };
  readonly diff = vi.fn<typeof diff>(diff);
  readonly dispatcher = new Dispatcher({
    runWith: (snapshot, fn) => this.pin.run(snapshot, fn),
    diff: this.diff,
    observer: this.observer,
  });
  current: ConfigSnapshot;

  /** All snapshots there were, where a test wants them kept. */
  readonly history: ConfigSnapshot[] = [];

  constructor(
    value: Tree = {},
    private readonly keepsHistory = false,
  ) {
    this.current = snapshotOf(1, value);
    if (keepsHistory) this.history.push(this.current);
  }

  /** Commits a whole tree, as a reload does: nothing where the content is the same. */
  commit(value: Tree): ConfigSnapshot {
    const previous = this.current;
    const changes = diff(previous.value, value);
    if (changes.length === 0) return previous;
    this.current = snapshotOf(previous.version + 1, value);
    if (this.keepsHistory) this.history.push(this.current);
    this.dispatcher.dispatch(previous, this.current, changes);
    return this.current;
  }

  /** Commits, and lets everything happen that needs no time. */
  async commitAndFlush(value: Tree): Promise<void> {
    this.commit(value);
    await flush();
  }
}

/** Lets everything happen that needs no time. */
export async function flush(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** What an event says, short enough to compare. */
export function summary(event: ConfigChangeEvent): string {
  const changes = event.changes.map(
    ({ path, previous, current }) => `${path}:${text(previous)}>${text(current)}`,
  );
  return `${event.previous.version}→${event.current.version} ${changes.join(' ')}`;
}

function text(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

/** A handler whose calls end when the test says so. */
export class SlowHandler {
  readonly seen: string[] = [];
  readonly events: ConfigChangeEvent[] = [];
  private readonly calls: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  readonly handle = (event: ConfigChangeEvent): Promise<void> => {
    this.seen.push(summary(event));
    this.events.push(event);
    return new Promise((resolve, reject) => this.calls.push({ resolve, reject }));
  };

  /** Ends the oldest call that is under way. */
  async finish(): Promise<void> {
    this.calls.shift()!.resolve();
    await flush();
  }

  async fail(error: unknown = new Error('no')): Promise<void> {
    this.calls.shift()!.reject(error);
    await flush();
  }
}
