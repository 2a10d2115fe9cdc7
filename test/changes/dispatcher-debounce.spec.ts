import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { SubscribeOptions } from '../../lib/changes/subscribe-options.js';
import { Harness, SlowHandler } from './harness.js';

beforeEach(() => {
  vi.useFakeTimers();
});

function debounced(harness: Harness, options: SubscribeOptions): SlowHandler {
  const handler = new SlowHandler();
  harness.dispatcher.subscribe('a', handler.handle, options);
  return handler;
}

describe('debounce', () => {
  it('makes one event of several commits, when none has followed for that long', async () => {
    const harness = new Harness({ a: 0 });
    const handler = debounced(harness, { debounce: 100 });
    for (let a = 1; a <= 5; a += 1) {
      harness.commit({ a });
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(handler.seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(40);
    expect(handler.seen).toEqual(['1→6 a:0>5']);
  });

  it('is not extended by commits that do not concern the handler', async () => {
    const harness = new Harness({ a: 0, b: 0 });
    const handler = debounced(harness, { debounce: 100 });
    harness.commit({ a: 1, b: 0 });
    await vi.advanceTimersByTimeAsync(60);
    harness.commit({ a: 1, b: 1 });
    await vi.advanceTimersByTimeAsync(40);
    expect(handler.seen).toEqual(['1→3 a:0>1']);
  });

  it('ends without an event if the commits undo each other', async () => {
    const harness = new Harness({ a: 0 });
    const handler = debounced(harness, { debounce: 100 });
    harness.commit({ a: 1 });
    harness.commit({ a: 0 });
    await vi.advanceTimersByTimeAsync(100);
    expect(handler.seen).toEqual([]);
    await harness.dispatcher.settled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('also collects commits while the handler runs', async () => {
    const harness = new Harness({ a: 0 });
    const handler = debounced(harness, { debounce: 100 });
    harness.commit({ a: 1 });
    await vi.advanceTimersByTimeAsync(100);
    harness.commit({ a: 2 });
    await vi.advanceTimersByTimeAsync(50);
    await handler.finish();
    expect(handler.seen).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(50);
    expect(handler.seen.slice(1)).toEqual(['2→3 a:1>2']);
  });

  it('is not started again if it ended while the handler was running', async () => {
    const harness = new Harness({ a: 0 });
    const handler = debounced(harness, { debounce: 100 });
    harness.commit({ a: 1 });
    await vi.advanceTimersByTimeAsync(100);
    harness.commit({ a: 2 });
    await vi.advanceTimersByTimeAsync(100);
    harness.commit({ a: 3 });
    await handler.finish();
    expect(handler.seen.slice(1)).toEqual(['2→4 a:1>3']);
    expect(vi.getTimerCount()).toBe(1); // the timeout of the call
  });

  it('goes on when a call fails meanwhile, and replaces its retry', async () => {
    const harness = new Harness({ a: 0 });
    const handler = debounced(harness, { debounce: 100, retries: 1, retryDelay: 5 });
    harness.commit({ a: 1 });
    await vi.advanceTimersByTimeAsync(100);
    harness.commit({ a: 2 });
    await vi.advanceTimersByTimeAsync(20);
    await handler.fail();
    await vi.advanceTimersByTimeAsync(79);
    expect(handler.seen).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(handler.seen.slice(1)).toEqual(['1→3 a:0>2']);
  });
});

describe('maxBatch', () => {
  it('calls the handler after that many commits, even if the debounce is not over', async () => {
    const harness = new Harness({ a: 0 });
    const handler = debounced(harness, { debounce: 1_000, maxBatch: 3 });
    await harness.commitAndFlush({ a: 1 });
    await harness.commitAndFlush({ a: 2 });
    expect(handler.seen).toEqual([]);
    await harness.commitAndFlush({ a: 3 });
    expect(handler.seen).toEqual(['1→4 a:0>3']);
    await handler.finish();
    expect(vi.getTimerCount()).toBe(0);
    await harness.commitAndFlush({ a: 4 });
    await harness.commitAndFlush({ a: 5 });
    expect(handler.seen).toHaveLength(1);
    await harness.commitAndFlush({ a: 6 });
    expect(handler.seen.slice(1)).toEqual(['4→7 a:3>6']);
  });

  it('of 1 delivers each commit', async () => {
    const harness = new Harness({ a: 0 });
    const handler = debounced(harness, { debounce: 1_000, maxBatch: 1 });
    await harness.commitAndFlush({ a: 1 });
    expect(handler.seen).toEqual(['1→2 a:0>1']);
  });

  it('reached while the handler runs, calls it again when it has ended', async () => {
    const harness = new Harness({ a: 0 });
    const handler = debounced(harness, { debounce: 1_000, maxBatch: 2 });
    for (let a = 1; a <= 4; a += 1) await harness.commitAndFlush({ a });
    expect(handler.seen).toEqual(['1→3 a:0>2']);
    await handler.finish();
    expect(handler.seen.slice(1)).toEqual(['3→5 a:2>4']);
  });
});
