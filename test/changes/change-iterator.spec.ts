import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Harness, flush, summary } from './harness.js';

beforeEach(() => {
  vi.useFakeTimers();
});

describe('the stream of changes', () => {
  it('is read with for await, and ends with break', async () => {
    const harness = new Harness({ a: 0, b: 0 });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of harness.dispatcher.changes('a')) {
        seen.push(summary(event));
        if (event.current.version === 4) break;
      }
    })();
    await harness.commitAndFlush({ a: 1, b: 0 });
    await harness.commitAndFlush({ a: 1, b: 1 });
    await harness.commitAndFlush({ a: 2, b: 1 });
    await harness.commitAndFlush({ a: 3, b: 1 });
    await reading;
    expect(seen).toEqual(['1→2 a:0>1', '3→4 a:1>2']);
  });

  it('selects everything if no pattern is passed', async () => {
    const harness = new Harness({ a: 0 });
    const stream = harness.dispatcher.changes();
    await harness.commitAndFlush({ a: 0, b: 1 });
    expect(summary((await stream.next()).value)).toBe('1→2 b:>1');
  });

  it('merges unread events into one', async () => {
    const harness = new Harness({ a: 0, b: 0 });
    const stream = harness.dispatcher.changes(['a', 'c']);
    for (let a = 1; a <= 100; a += 1) await harness.commitAndFlush({ a, b: a });
    const { value } = await stream.next();
    expect(summary(value)).toBe('1→101 a:0>100');
    expect(value.current).toBe(harness.current);
  });

  it('drops an unread event that the next change undoes', async () => {
    const harness = new Harness({ a: 0 });
    const stream = harness.dispatcher.changes('a');
    await harness.commitAndFlush({ a: 1 });
    await harness.commitAndFlush({ a: 0 });
    const next = stream.next();
    await harness.commitAndFlush({ a: 2 });
    expect(summary((await next).value)).toBe('3→4 a:0>2');
  });

  it('delivers events to pending reads in their order', async () => {
    const harness = new Harness({ a: 0 });
    const stream = harness.dispatcher.changes('a');
    const reads = [stream.next(), stream.next()];
    await harness.commitAndFlush({ a: 1 });
    await harness.commitAndFlush({ a: 2 });
    const events = await Promise.all(reads);
    expect(events.map(({ value }) => summary(value))).toEqual(['1→2 a:0>1', '2→3 a:1>2']);
  });

  it('ends with return(): pending and later reads are done', async () => {
    const harness = new Harness({ a: 0 });
    const stream = harness.dispatcher.changes('a');
    const waiting = stream.next();
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(await stream.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    await harness.commitAndFlush({ a: 1 });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(harness.observer.handlerFinished).not.toHaveBeenCalled();
  });

  it('ends when the dispatcher closes, and aborts the signal of the last event', async () => {
    const harness = new Harness({ a: 0 });
    const stream = harness.dispatcher.changes('a');
    const unread = harness.dispatcher.changes('a');
    await harness.commitAndFlush({ a: 1 });
    const { value } = await stream.next();
    expect(value.signal.aborted).toBe(false);
    await harness.dispatcher.close();
    expect(value.signal.aborted).toBe(true);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await unread.next()).toEqual({ done: true, value: undefined });
  });

  it('ignores an event that is being delivered when it ends', async () => {
    const harness = new Harness({ a: 0 });
    const stream = harness.dispatcher.changes('a');
    harness.dispatcher.subscribe('a', () => void stream.return?.(), { priority: 1 });
    await harness.commitAndFlush({ a: 1 });
    await flush();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});
