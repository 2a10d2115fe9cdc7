import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Harness, SlowHandler, flush } from './harness.js';

beforeEach(() => {
  vi.useFakeTimers();
});

function slowAt(harness: Harness, priority: number, patterns = 'a', options = {}): SlowHandler {
  const handler = new SlowHandler();
  harness.dispatcher.subscribe(patterns, handler.handle, { priority, label: `p${priority}`, ...options });
  return handler;
}

describe('priority', () => {
  it('calls handlers of a higher priority first, and lower ones when these have ended', async () => {
    const harness = new Harness({ a: 1 });
    const [low, high, middle] = [slowAt(harness, -1), slowAt(harness, 5), slowAt(harness, 0)];
    await harness.commitAndFlush({ a: 2 });
    expect([high, middle, low].map(({ seen }) => seen.length)).toEqual([1, 0, 0]);
    await high.finish();
    expect([high, middle, low].map(({ seen }) => seen.length)).toEqual([1, 1, 0]);
    await middle.finish();
    expect([high, middle, low].map(({ seen }) => seen.length)).toEqual([1, 1, 1]);
  });

  it('also orders handlers that return no promise', async () => {
    const harness = new Harness({ a: 1 });
    const order: number[] = [];
    for (const priority of [1, 3, 2, 3])
      harness.dispatcher.subscribe('a', () => void order.push(priority), { priority });
    await harness.commitAndFlush({ a: 2 });
    expect(order).toEqual([3, 3, 2, 1]);
  });

  it('runs handlers of one priority at the same time', async () => {
    const harness = new Harness({ a: 1 });
    const equals = [slowAt(harness, 1), slowAt(harness, 1), slowAt(harness, 1)];
    const low = slowAt(harness, 0);
    await harness.commitAndFlush({ a: 2 });
    expect(equals.map(({ seen }) => seen.length)).toEqual([1, 1, 1]);
    await equals[0]!.finish();
    await equals[2]!.finish();
    expect(low.seen).toEqual([]);
    await equals[1]!.finish();
    expect(low.seen).toHaveLength(1);
  });

  it('does not wait for handlers that the commit does not concern', async () => {
    const harness = new Harness({ a: 1, b: 1 });
    slowAt(harness, 1, 'b');
    const low = slowAt(harness, 0, 'a');
    await harness.commitAndFlush({ a: 2, b: 1 });
    expect(low.seen).toHaveLength(1);
  });

  it('does not wait any longer for a higher one that failed or timed out', async () => {
    const harness = new Harness({ a: 1 });
    const failing = slowAt(harness, 2, 'a', { retries: 5, retryDelay: 1_000 });
    slowAt(harness, 1, 'a', { timeout: 50 });
    const low = slowAt(harness, 0);
    await harness.commitAndFlush({ a: 2 });
    await failing.fail();
    expect(low.seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(50);
    expect(low.seen).toEqual(['1→2 a:1>2']);
  });

  it('never starves a lower one: a version that the higher one has passed is delivered at once', async () => {
    const harness = new Harness({ a: 0 });
    const high = slowAt(harness, 1);
    const low = slowAt(harness, 0);
    await harness.commitAndFlush({ a: 1 });
    for (let a = 2; a <= 6; a += 1) {
      await harness.commitAndFlush({ a });
      await high.finish(); // and is called with the next at once: it is always behind
    }
    expect(high.seen).toEqual(['1→2 a:0>1', '2→3 a:1>2', '3→4 a:2>3', '4→5 a:3>4', '5→6 a:4>5', '6→7 a:5>6']);
    expect(low.seen).toEqual(['1→2 a:0>1']);
    await low.finish();
    expect(low.seen.slice(1)).toEqual(['2→6 a:1>5']); // what high has passed, not version 7, which it has not
    await high.finish();
    await low.finish();
    expect(low.seen.slice(2)).toEqual(['6→7 a:5>6']);
    await low.finish();
    await harness.dispatcher.settled();
  });

  it('keeps a lower one queued while its values are the same in every version that the higher one has passed', async () => {
    const harness = new Harness({ a: 0, b: 0 });
    const high = slowAt(harness, 1, 'a');
    const low = slowAt(harness, 0, 'b');
    await harness.commitAndFlush({ a: 1, b: 1 });
    await harness.commitAndFlush({ a: 2, b: 0 });
    await harness.commitAndFlush({ a: 3, b: 2 });
    await high.finish(); // has passed version 2, and runs with 4
    expect(low.seen).toEqual(['1→2 b:0>1']);
    await low.finish();
    await high.finish();
    expect(low.seen.slice(1)).toEqual(['2→4 b:1>2']);

    await low.finish();
    await harness.commitAndFlush({ a: 4, b: 2 });
    await harness.commitAndFlush({ a: 5, b: 3 });
    await harness.commitAndFlush({ a: 6, b: 3 });
    await high.finish(); // has passed version 5, where b is unchanged; runs with 7
    expect(low.seen).toHaveLength(2);
    await high.finish();
    expect(low.seen.slice(2)).toEqual(['5→7 b:2>3']);
  });

  it('goes on with a queued handler if the versions passed leave its values unchanged', async () => {
    const harness = new Harness({ a: 0, b: 0 });
    const high = slowAt(harness, 2, 'a');
    const low = slowAt(harness, 0, 'b');
    harness.commit({ a: 1, b: 0 });
    await flush();
    await harness.commitAndFlush({ a: 1, b: 1 }); // low waits for version 2 to be passed
    await harness.commitAndFlush({ a: 2, b: 0 });
    await high.finish(); // passed 3: b differs there
    expect(low.seen).toEqual(['2→3 b:0>1']);
  });

  it('does not call a lower one whose values have returned to what it saw last', async () => {
    const harness = new Harness({ a: 0, b: 0 });
    const high = slowAt(harness, 1, 'a');
    const low = slowAt(harness, 0, 'b');
    await harness.commitAndFlush({ a: 1, b: 1 });
    await harness.commitAndFlush({ a: 1, b: 0 });
    await high.finish();
    expect(low.seen).toEqual([]);
    await harness.dispatcher.settled();
  });

  it('does not make lower ones wait for a higher one that debounces', async () => {
    const harness = new Harness({ a: 1 });
    const high = slowAt(harness, 1, 'a', { debounce: 100 });
    const low = slowAt(harness, 0);
    await harness.commitAndFlush({ a: 2 });
    expect(low.seen).toEqual(['1→2 a:1>2']);
    await low.finish();
    await vi.advanceTimersByTimeAsync(100);
    expect(high.seen).toEqual(['1→2 a:1>2']);
    // Behind what the lower one has seen already: the lower one waits for it, and never goes back.
    await harness.commitAndFlush({ a: 3 });
    expect(low.seen).toHaveLength(1);
    await high.finish();
    await vi.advanceTimersByTimeAsync(100);
    await high.finish();
    expect(low.seen).toEqual(['1→2 a:1>2', '2→3 a:2>3']);
  });

  it('does not make lower ones wait for a retry', async () => {
    const harness = new Harness({ a: 1, b: 1 });
    const high = slowAt(harness, 1, 'a', { retries: 1, retryDelay: 10 });
    const low = slowAt(harness, 0, '**');
    await harness.commitAndFlush({ a: 2, b: 1 });
    await high.fail();
    await low.finish();
    await vi.advanceTimersByTimeAsync(10);
    expect(high.seen).toHaveLength(2);
    await harness.commitAndFlush({ a: 2, b: 2 });
    expect(low.seen).toEqual(['1→2 a:1>2', '2→3 b:1>2']);
  });

  it('makes lower ones wait again when newer content replaces a retry', async () => {
    const harness = new Harness({ a: 1 });
    const high = slowAt(harness, 1, 'a', { retries: 1, retryDelay: 1_000 });
    const low = slowAt(harness, 0);
    await harness.commitAndFlush({ a: 2 });
    await high.fail();
    await low.finish();
    await harness.commitAndFlush({ a: 3 });
    expect(high.seen.slice(1)).toEqual(['1→3 a:1>3']);
    expect(low.seen).toHaveLength(1);
    await high.finish();
    expect(low.seen.slice(1)).toEqual(['2→3 a:2>3']);
  });

  it('makes lower ones wait for newer content that came while a retry was running', async () => {
    const harness = new Harness({ a: 1 });
    const high = slowAt(harness, 1, 'a', { retries: 1, retryDelay: 10 });
    const low = slowAt(harness, 0);
    await harness.commitAndFlush({ a: 2 });
    await high.fail();
    await low.finish();
    await vi.advanceTimersByTimeAsync(10);
    await harness.commitAndFlush({ a: 3 });
    expect(low.seen).toHaveLength(1);
    await high.finish();
    expect(low.seen).toHaveLength(1);
    await high.finish();
    expect(low.seen.slice(1)).toEqual(['2→3 a:2>3']);
  });

  it('does not make lower ones wait for a queued higher one that is unsubscribed', async () => {
    const harness = new Harness({ a: 1 });
    const first = slowAt(harness, 2);
    const second = new SlowHandler();
    const subscription = harness.dispatcher.subscribe('a', second.handle, { priority: 1 });
    const low = slowAt(harness, 0);
    await harness.commitAndFlush({ a: 2 });
    subscription.unsubscribe();
    await first.finish();
    expect(second.seen).toEqual([]);
    expect(low.seen).toHaveLength(1);
  });

  it('also applies to a retry: it waits for higher ones that are behind', async () => {
    const harness = new Harness({ a: 1, b: 1 });
    const high = slowAt(harness, 1, 'b');
    const low = slowAt(harness, 0, 'a', { retries: 2, retryDelay: 10 });
    await harness.commitAndFlush({ a: 2, b: 1 });
    await low.fail();
    await harness.commitAndFlush({ a: 2, b: 2 });
    await vi.advanceTimersByTimeAsync(10);
    expect(low.events.map(({ current }) => current.version)).toEqual([2, 2]); // what high has passed
    await low.fail();
    await high.finish();
    await vi.advanceTimersByTimeAsync(20);
    expect(low.seen.at(-1)).toBe('1→3 a:1>2');
  });
});
