import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Harness, SlowHandler, flush } from './harness.js';

beforeEach(() => {
  vi.useFakeTimers();
});

describe('retries', () => {
  it('call again with the same event, after delays that double', async () => {
    const harness = new Harness({ a: 1 });
    const times: number[] = [];
    const start = Date.now();
    const fail = (): never => {
      times.push(Date.now() - start);
      throw new Error('no');
    };
    harness.dispatcher.subscribe('a', fail, { retries: 3, retryDelay: 100, label: 'Bad' });
    await harness.commitAndFlush({ a: 2 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(times).toEqual([0, 100, 300, 700]);
    const failures = harness.observer.handlerFailed.mock.calls.map(([{ attempt, willRetry, version }]) => ({
      attempt,
      willRetry,
      version,
    }));
    expect(failures).toEqual([
      { attempt: 1, willRetry: true, version: 2 },
      { attempt: 2, willRetry: true, version: 2 },
      { attempt: 3, willRetry: true, version: 2 },
      { attempt: 4, willRetry: false, version: 2 },
    ]);
    expect(harness.observer.handlerRetried.mock.calls.map(([{ attempt }]) => attempt)).toEqual([2, 3, 4]);
    await harness.dispatcher.settled();
  });

  it('never wait longer than 30 seconds', async () => {
    const harness = new Harness({ a: 1 });
    const fail = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('no')));
    harness.dispatcher.subscribe('a', fail, { retries: 2, retryDelay: 25_000 });
    await harness.commitAndFlush({ a: 2 });
    await vi.advanceTimersByTimeAsync(25_000 + 30_000);
    expect(fail).toHaveBeenCalledTimes(3);
  });

  it('end with the first call that succeeds', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { retries: 5 });
    await harness.commitAndFlush({ a: 2 });
    await slow.fail();
    await vi.advanceTimersByTimeAsync(100);
    await slow.finish();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(slow.seen).toEqual(['1→2 a:1>2', '1→2 a:1>2']);
    await harness.dispatcher.settled();
  });

  it('are replaced by newer content at once, which starts with the full number of attempts', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { retries: 1, retryDelay: 1_000 });
    await harness.commitAndFlush({ a: 2 });
    await slow.fail();
    await harness.commitAndFlush({ a: 3 });
    expect(slow.seen.slice(1)).toEqual(['1→3 a:1>3']);
    await slow.fail();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(slow.seen.slice(2)).toEqual(['1→3 a:1>3']);
    await slow.fail();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(slow.seen).toHaveLength(3);
  });

  it('are replaced by content that came while the failed call was running', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { retries: 1, retryDelay: 1_000 });
    await harness.commitAndFlush({ a: 2 });
    await harness.commitAndFlush({ a: 3 });
    await slow.fail();
    expect(slow.seen.slice(1)).toEqual(['1→3 a:1>3']);
    await slow.finish();
    await harness.dispatcher.settled();
  });

  it('report the changes back if the content returns to what it was before the failed call', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { retries: 1 });
    await harness.commitAndFlush({ a: 2 });
    await slow.fail();
    await harness.commitAndFlush({ a: 1 });
    expect(slow.seen.slice(1)).toEqual(['2→3 a:2>1']);
  });

  it('run with the snapshot in force, even if the later commits do not concern the handler', async () => {
    const harness = new Harness({ a: 1, b: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { retries: 1, retryDelay: 100 });
    await harness.commitAndFlush({ a: 2, b: 1 });
    await slow.fail();
    await harness.commitAndFlush({ a: 2, b: 2 });
    await vi.advanceTimersByTimeAsync(100);
    expect(slow.seen.slice(1)).toEqual(['1→3 a:1>2']);
  });

  it('count the version as seen after the last one', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle);
    await harness.commitAndFlush({ a: 2 });
    await harness.commitAndFlush({ a: 3 });
    await slow.fail();
    expect(slow.seen.slice(1)).toEqual(['2→3 a:2>3']);
    await slow.fail();
    await harness.commitAndFlush({ a: 4 });
    expect(slow.seen.slice(2)).toEqual(['3→4 a:3>4']);
  });

  it('wait for the debounce if newer content replaces them', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { retries: 1, retryDelay: 10, debounce: 100 });
    harness.commit({ a: 2 });
    await vi.advanceTimersByTimeAsync(100);
    await slow.fail();
    await harness.commitAndFlush({ a: 3 });
    await vi.advanceTimersByTimeAsync(99);
    expect(slow.seen).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(slow.seen.slice(1)).toEqual(['1→3 a:1>3']);
  });
});

describe('the timeout', () => {
  it('aborts the signal, reports the call, and delivers the next change even if the call never returns', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { timeout: 500, label: 'Hung.handler', priority: 4 });
    await harness.commitAndFlush({ a: 2 });
    await harness.commitAndFlush({ a: 3 });
    await vi.advanceTimersByTimeAsync(499);
    expect(slow.events[0]!.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(slow.events[0]!.signal.aborted).toBe(true);
    expect(slow.events[0]!.signal.reason).toMatchObject({
      name: 'TimeoutError',
      message: 'The handler took longer than 500 ms',
    });
    expect(slow.seen).toEqual(['1→2 a:1>2', '2→3 a:2>3']);
    expect(harness.observer.handlerTimedOut).toHaveBeenCalledExactlyOnceWith({
      label: 'Hung.handler',
      version: 2,
      priority: 4,
      attempt: 1,
      timeoutMs: 500,
      willRetry: false,
    });
  });

  it('is 30 seconds by default', async () => {
    const harness = new Harness({ a: 1 });
    harness.dispatcher.subscribe('a', () => new Promise(() => {}));
    await harness.commitAndFlush({ a: 2 });
    await vi.advanceTimersByTimeAsync(29_999);
    expect(harness.observer.handlerTimedOut).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(harness.observer.handlerTimedOut).toHaveBeenCalledOnce();
    await harness.dispatcher.settled();
  });

  it('ignores how the call ends later', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { timeout: 10 });
    await harness.commitAndFlush({ a: 2 });
    await vi.advanceTimersByTimeAsync(10);
    await harness.commitAndFlush({ a: 3 });
    await vi.advanceTimersByTimeAsync(10);
    await slow.fail(new Error('late'));
    await slow.finish();
    expect(harness.observer.handlerFailed).not.toHaveBeenCalled();
    expect(harness.observer.handlerFinished).not.toHaveBeenCalled();
    expect(slow.seen).toHaveLength(2);
  });

  it('applies to each attempt', async () => {
    const harness = new Harness({ a: 1 });
    const hung = vi.fn<() => Promise<void>>(() => new Promise(() => {}));
    harness.dispatcher.subscribe('a', hung, { timeout: 50, retries: 1, retryDelay: 100 });
    await harness.commitAndFlush({ a: 2 });
    await vi.advanceTimersByTimeAsync(50 + 100 + 49);
    expect(hung).toHaveBeenCalledTimes(2);
    expect(harness.observer.handlerTimedOut.mock.calls.map(([{ willRetry }]) => willRetry)).toEqual([true]);
    await vi.advanceTimersByTimeAsync(1);
    expect(harness.observer.handlerTimedOut.mock.calls.map(([{ willRetry }]) => willRetry)).toEqual([
      true,
      false,
    ]);
    await harness.dispatcher.settled();
  });

  it('leaves no timer behind when the call ends in time', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle);
    harness.dispatcher.subscribe('a', () => {});
    await harness.commitAndFlush({ a: 2 });
    expect(vi.getTimerCount()).toBe(1);
    await slow.finish();
    await flush();
    expect(vi.getTimerCount()).toBe(0);
  });
});
