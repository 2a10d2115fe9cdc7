import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigSnapshot } from '../../lib/model/config-snapshot.interface.js';
import { Harness, SlowHandler, flush } from './harness.js';

beforeEach(() => {
  vi.useFakeTimers();
});

/** Returns whether the promise has resolved. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await flush();
  return done;
}

describe('unsubscribe', () => {
  it('prevents further calls, but does not stop a running one', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    const subscription = harness.dispatcher.subscribe('a', slow.handle, { label: 'Slow' });
    await harness.commitAndFlush({ a: 2 });
    await harness.commitAndFlush({ a: 3 });
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(slow.events[0]!.signal.aborted).toBe(false);
    expect(await isDone(harness.dispatcher.settled())).toBe(false);
    await slow.finish();
    await harness.commitAndFlush({ a: 4 });
    expect(slow.seen).toEqual(['1→2 a:1>2']);
    expect(harness.observer.handlerFinished).toHaveBeenCalledOnce();
    await harness.dispatcher.settled();
  });

  it('also applies to a commit whose handlers are about to be called', async () => {
    const harness = new Harness({ a: 1 });
    const handler = vi.fn<() => void>();
    const subscription = harness.dispatcher.subscribe('a', handler);
    harness.commit({ a: 2 });
    subscription.unsubscribe();
    await flush();
    expect(handler).not.toHaveBeenCalled();
  });

  it('works from within the handler, and from within another one', async () => {
    const harness = new Harness({ a: 1 });
    const once = vi.fn<() => void>(() => own.unsubscribe());
    const own = harness.dispatcher.subscribe('a', once);
    harness.dispatcher.subscribe('a', () => other.unsubscribe());
    const never = vi.fn<() => void>();
    const other = harness.dispatcher.subscribe('a', never);
    await harness.commitAndFlush({ a: 2 });
    await harness.commitAndFlush({ a: 3 });
    expect(once).toHaveBeenCalledTimes(1);
    expect(never).not.toHaveBeenCalled();
  });

  it('clears the timers of a debounce and a retry', async () => {
    const harness = new Harness({ a: 1 });
    const fail = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('no')));
    const subscriptions = [
      harness.dispatcher.subscribe('a', fail, { debounce: 1_000 }),
      harness.dispatcher.subscribe('a', fail, { retries: 3 }),
    ];
    await harness.commitAndFlush({ a: 2 });
    expect(vi.getTimerCount()).toBe(2);
    for (const subscription of subscriptions) subscription.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
    await harness.dispatcher.settled();
    expect(fail).toHaveBeenCalledTimes(1);
  });

  it('ends the retries of a running call', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    const subscription = harness.dispatcher.subscribe('a', slow.handle, { retries: 3 });
    await harness.commitAndFlush({ a: 2 });
    subscription.unsubscribe();
    await slow.fail();
    expect(harness.observer.handlerFailed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ willRetry: false }),
    );
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('settled', () => {
  it('resolves at once if nothing is in progress', async () => {
    expect(await isDone(new Harness().dispatcher.settled())).toBe(true);
  });

  it('waits for handlers that run, are queued, debounce or wait for a retry', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    const failing = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { priority: 1 });
    harness.dispatcher.subscribe('a', () => {});
    harness.dispatcher.subscribe('a', () => {}, { debounce: 200 });
    harness.dispatcher.subscribe('a', failing.handle, { priority: 1, retries: 1, retryDelay: 500 });
    harness.commit({ a: 2 });
    const settled = harness.dispatcher.settled();
    expect(await isDone(settled)).toBe(false);
    await slow.finish();
    await failing.fail();
    await vi.advanceTimersByTimeAsync(200);
    expect(await isDone(settled)).toBe(false);
    await vi.advanceTimersByTimeAsync(300);
    expect(await isDone(settled)).toBe(false);
    await failing.finish();
    expect(await isDone(settled)).toBe(true);
  });
});

describe('close', () => {
  it('aborts running handlers, drops queued ones, and resolves when the last one has ended', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    const waiting = vi.fn<() => void>();
    harness.dispatcher.subscribe('a', slow.handle, { priority: 1 });
    harness.dispatcher.subscribe('a', waiting);
    harness.dispatcher.subscribe('a', waiting, { debounce: 10 });
    await harness.commitAndFlush({ a: 2 });
    const closed = harness.dispatcher.close(1_000);
    expect(harness.dispatcher.close(1)).toBe(closed);
    expect(slow.events[0]!.signal.reason).toMatchObject({ name: 'AbortError' });
    expect(vi.getTimerCount()).toBe(1); // the grace period
    expect(await isDone(closed)).toBe(false);
    await slow.finish();
    expect(await isDone(closed)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(waiting).not.toHaveBeenCalled();
  });

  it('waits no longer than the grace period', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle);
    await harness.commitAndFlush({ a: 2 });
    const closed = harness.dispatcher.close();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(await isDone(closed)).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isDone(closed)).toBe(true);
    await harness.dispatcher.settled();
    await slow.finish();
  });

  it('does not count a handler that stops because of the signal as failed', async () => {
    const harness = new Harness({ a: 1 });
    harness.dispatcher.subscribe('a', ({ signal }) => untilAborted(signal), { label: 'rethrows the reason' });
    vi.useRealTimers(); // timers of Node's own, which are not faked: they end at once, by the signal
    harness.dispatcher.subscribe('a', ({ signal }) => sleep(60_000, undefined, { signal }));
    harness.dispatcher.subscribe('a', async ({ signal }) => {
      await untilAborted(signal).catch(() => undefined);
      throw new Error('broke while stopping');
    });
    harness.commit({ a: 2 });
    await Promise.resolve();
    await harness.dispatcher.close(10_000);
    expect(harness.observer.handlerFinished).toHaveBeenCalledTimes(2);
    expect(harness.observer.handlerFailed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ error: new Error('broke while stopping') }),
    );
  });

  it('is final: later commits and subscriptions have no effect', async () => {
    const harness = new Harness({ a: 1 });
    const handler = vi.fn<() => void>();
    harness.dispatcher.subscribe('a', handler);
    await harness.dispatcher.close();
    const late = harness.dispatcher.subscribe('a', handler);
    await harness.commitAndFlush({ a: 2 });
    late.unsubscribe();
    expect(handler).not.toHaveBeenCalled();
    await harness.dispatcher.settled();
    expect(await harness.dispatcher.changes().next()).toEqual({ done: true, value: undefined });
  });
});

describe('memory', () => {
  it('releases superseded snapshots once the handlers have seen the latest', async () => {
    vi.useRealTimers();
    const harness = new Harness({ a: 0 });
    const kept: WeakRef<ConfigSnapshot>[] = [new WeakRef(harness.current)];
    harness.dispatcher.subscribe('a', () => {});
    harness.dispatcher.subscribe('a', () => sleep(1));
    harness.dispatcher.subscribe('a', () => {}, { debounce: 1, priority: 2 });
    harness.dispatcher.subscribe('never', () => {});
    for (let a = 1; a <= 20; a += 1) {
      kept.push(new WeakRef(harness.commit({ a })));
      if (a % 3 === 0) await sleep(2);
    }
    await harness.dispatcher.settled();
    harness.observer.handlerFinished.mockClear();
    harness.diff.mockClear();
    await collectGarbage();
    expect(kept.filter((ref) => ref.deref() !== undefined).map((ref) => ref.deref()!.version)).toEqual([21]);
  });

  it('holds no value of a superseded snapshot in its comparisons', async () => {
    vi.useRealTimers();
    const harness = new Harness({ a: 0 });
    harness.dispatcher.subscribe('a', () => {}, { debounce: 1 });
    let secret: Uint8Array | undefined = new Uint8Array([1]);
    const kept = new WeakRef(secret);
    harness.commit({ a: secret });
    await harness.dispatcher.settled();
    secret = undefined;
    harness.commit({ a: 1 });
    harness.commit({ a: 2 });
    await harness.dispatcher.settled();
    harness.observer.handlerFinished.mockClear();
    harness.diff.mockClear();
    await collectGarbage();
    expect(kept.deref()).toBeUndefined();
  });

  it('holds at most two snapshots for a busy handler, however many commits follow', async () => {
    vi.useRealTimers();
    const harness = new Harness({ a: 0 });
    const kept: WeakRef<ConfigSnapshot>[] = [];
    let finish: (() => void) | undefined;
    harness.dispatcher.subscribe('a', () => new Promise<void>((resolve) => (finish = resolve)));
    for (let a = 1; a <= 50; a += 1) {
      kept.push(new WeakRef(harness.commit({ a })));
      await sleep(0);
    }
    await collectGarbage();
    expect(kept.filter((ref) => ref.deref() !== undefined).map((ref) => ref.deref()!.version)).toEqual([
      2, 51,
    ]);
    finish?.();
  });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let round = 0; round < 5; round += 1) {
    // A WeakRef keeps its target until the task in which it was created or read has ended.
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
}
