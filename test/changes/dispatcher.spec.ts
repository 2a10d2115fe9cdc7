import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigChangeEvent } from '../../lib/model/change.interface.js';
import { Dispatcher } from '../../lib/changes/dispatcher.js';
import { ConfigOptionsError, ConfigPatternError } from '../../lib/errors/config.errors.js';
import { diff } from '../../lib/snapshot/diff.js';
import { Harness, SlowHandler, flush, snapshotOf, summary, type Tree } from './harness.js';

beforeEach(() => {
  vi.useFakeTimers();
});

/** Subscribes, and collects the events of the handler. */
function listen(harness: Harness, ...args: Partial<Parameters<Dispatcher['subscribe']>>): string[] {
  const seen: string[] = [];
  const [patterns = '**', , options] = args;
  harness.dispatcher.subscribe(
    patterns,
    (event: ConfigChangeEvent) => void seen.push(summary(event)),
    options,
  );
  return seen;
}

describe('a commit', () => {
  it('is delivered once to each handler that it concerns, and to no other', async () => {
    const harness = new Harness({ a: 1, b: 1 });
    const onA = listen(harness, 'a');
    const onB = listen(harness, 'b');
    const onAll = listen(harness);
    await harness.commitAndFlush({ a: 2, b: 1 });
    await harness.commitAndFlush({ a: 3, b: 2 });
    expect(onA).toEqual(['1→2 a:1>2', '2→3 a:2>3']);
    expect(onB).toEqual(['2→3 b:1>2']);
    expect(onAll).toEqual(['1→2 a:1>2', '2→3 a:2>3 b:1>2']);
  });

  it('is one event with all its changes if several patterns of a handler match', async () => {
    const harness = new Harness({ a: 1, b: 1, c: 1 });
    const seen = listen(harness, ['a', 'b', /a|b/, '**.a']);
    await harness.commitAndFlush({ a: 2, b: 2, c: 2 });
    expect(seen).toEqual(['1→2 a:1>2 b:1>2']);
  });

  it('reports what was added and removed', async () => {
    const harness = new Harness({ a: { x: 1 } });
    const seen = listen(harness, 'a');
    await harness.commitAndFlush({ a: { y: 2 } });
    expect(seen).toEqual(['1→2 a.y:>2 a.x:1>']);
  });

  it('delivers the snapshots, the cause and a signal, all frozen', async () => {
    const harness = new Harness({ a: 1 });
    const handler = vi.fn<(event: ConfigChangeEvent) => void>();
    const before = harness.current;
    harness.dispatcher.subscribe('a', handler);
    await harness.commitAndFlush({ a: 2 });
    const event = handler.mock.calls[0]![0];
    expect(event.previous).toBe(before);
    expect(event.current).toBe(harness.current);
    expect(event.cause).toBe('file');
    expect(event.signal.aborted).toBe(false);
    expect(Object.isFrozen(event)).toBe(true);
    expect(Object.isFrozen(event.changes)).toBe(true);
  });

  it('waits for no handler, not even for its first statement', () => {
    const harness = new Harness({ a: 1 });
    const handler = vi.fn<() => void>();
    harness.dispatcher.subscribe('a', handler);
    harness.commit({ a: 2 });
    expect(handler).not.toHaveBeenCalled();
  });

  it('is not delivered to handlers that subscribe later, even during this commit', async () => {
    const harness = new Harness({ a: 1 });
    const late: string[] = [];
    harness.dispatcher.subscribe('a', () => {
      if (late.length === 0) harness.dispatcher.subscribe('a', (event) => late.push(summary(event)));
    });
    await harness.commitAndFlush({ a: 2 });
    expect(late).toEqual([]);
    await harness.commitAndFlush({ a: 3 });
    expect(late[0]).toBe('2→3 a:2>3');
  });

  it('may be made by a handler', async () => {
    const harness = new Harness({ a: 1, b: 1 });
    const seen = listen(harness);
    harness.dispatcher.subscribe('a', () => void harness.commit({ a: 2, b: 2 }));
    await harness.commitAndFlush({ a: 2, b: 1 });
    expect(seen).toEqual(['1→2 a:1>2', '2→3 b:1>2']);
  });
});

describe('a handler', () => {
  it('runs pinned to the new snapshot, across awaits, whatever the context of the commit', async () => {
    const harness = new Harness({ a: 1 });
    const pinned: (number | undefined)[] = [];
    const version = (): void => void pinned.push(harness.pin.getStore()?.version);
    harness.dispatcher.subscribe('a', async () => {
      version();
      await new Promise((resolve) => setTimeout(resolve, 10));
      version();
    });
    harness.pin.run(harness.current, () => harness.commit({ a: 2 }));
    await vi.advanceTimersByTimeAsync(10);
    expect(pinned).toEqual([2, 2]);
  });

  it.each([0, 50])(
    'is called outside the request that triggered the commit (debounce %i)',
    async (debounce) => {
      const harness = new Harness({ a: 1 });
      const stores: unknown[] = [];
      const dispatcher = new Dispatcher({
        runWith: (_snapshot, fn) => {
          stores.push(harness.pin.getStore());
          return fn();
        },
        diff,
      });
      dispatcher.subscribe('a', () => undefined, { debounce });
      harness.pin.run(harness.current, () => {
        dispatcher.dispatch(harness.current, snapshotOf(2, { a: 2 }), diff({ a: 1 }, { a: 2 }));
      });
      await vi.advanceTimersByTimeAsync(100);
      expect(stores).toEqual([undefined]);
    },
  );

  it('is called outside the request in which another handler unsubscribed', async () => {
    const harness = new Harness({ a: 1 });
    const stores: unknown[] = [];
    const dispatcher = new Dispatcher({
      runWith: (_snapshot, fn) => {
        stores.push(harness.pin.getStore());
        return fn();
      },
      diff,
    });
    dispatcher.subscribe('a', () => new Promise(() => {}), { priority: 2 });
    const inLine = dispatcher.subscribe('a', () => {}, { priority: 1 });
    dispatcher.subscribe('b', () => {}, { priority: 3 });
    const [v2, v3] = [snapshotOf(2, { a: 2 }), snapshotOf(3, { a: 2, b: 1 })];
    dispatcher.dispatch(harness.current, v2, diff(harness.current.value, v2.value));
    await flush();
    harness.pin.run(harness.current, () => {
      inLine.unsubscribe();
      dispatcher.dispatch(v2, v3, diff(v2.value, v3.value));
    });
    await flush();
    expect(stores).toEqual([undefined, undefined]);
  });

  it('is never called while it runs, and gets the remaining changes in one event afterwards', async () => {
    const harness = new Harness({ a: 0 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle);
    for (let a = 1; a <= 50; a += 1) await harness.commitAndFlush({ a });
    expect(slow.seen).toEqual(['1→2 a:0>1']);
    await slow.finish();
    expect(slow.seen.slice(1)).toEqual(['2→51 a:1>50']);
    await slow.finish();
    expect(slow.seen).toHaveLength(2);
  });

  it('is not called again if its values returned to what it saw last', async () => {
    const harness = new Harness({ a: 'A', other: 0 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle);
    await harness.commitAndFlush({ a: 'B', other: 0 });
    await harness.commitAndFlush({ a: 'C', other: 0 });
    await harness.commitAndFlush({ a: 'B', other: 1 });
    await slow.finish();
    expect(slow.seen).toEqual(['1→2 a:"A">"B"']);
    await harness.commitAndFlush({ a: 'D', other: 1 });
    expect(slow.seen.slice(1)).toEqual(['4→5 a:"B">"D"']);
  });

  it('gets only its own changes of the commits it missed', async () => {
    const harness = new Harness({ a: 1, b: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle);
    await harness.commitAndFlush({ a: 2, b: 1 });
    await harness.commitAndFlush({ a: 3, b: 2 });
    await harness.commitAndFlush({ a: 4, b: 3 });
    await slow.finish();
    expect(slow.seen.slice(1)).toEqual(['2→4 a:2>4']);
  });

  it('gets a missed commit with the newest snapshot, even if the later commits do not concern it', async () => {
    const harness = new Harness({ a: 1, b: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle);
    await harness.commitAndFlush({ a: 2, b: 1 });
    await harness.commitAndFlush({ a: 2, b: 2 });
    await harness.commitAndFlush({ a: 3, b: 2 });
    await harness.commitAndFlush({ a: 3, b: 3 });
    await slow.finish();
    expect(slow.seen.slice(1)).toEqual(['3→5 a:2>3']);
  });

  it('does not delay others of its priority', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle);
    const quick = listen(harness, 'a');
    await harness.commitAndFlush({ a: 2 });
    await harness.commitAndFlush({ a: 3 });
    expect(quick).toEqual(['1→2 a:1>2', '2→3 a:2>3']);
  });
});

describe('a handler that fails', () => {
  it.each<[string, () => unknown, unknown]>([
    ['throws', () => raise(new TypeError('boom')), new TypeError('boom')],
    ['rejects', () => Promise.reject(new TypeError('boom')), new TypeError('boom')],
    ['throws a value that is not an error', () => raise('just a string'), 'just a string'],
    ['rejects with nothing', () => Promise.reject(undefined as never), undefined],
    ['returns a thenable that throws', () => thenable(() => raise('in then')), 'in then'],
    ['returns a thenable whose then cannot be read', () => hostile(), 'no then'],
  ])('affects no other handler if it %s', async (_how, handler, error) => {
    const harness = new Harness({ a: 1 });
    harness.dispatcher.subscribe('a', handler, { label: 'Bad.handler', priority: 1 });
    const good = listen(harness, 'a');
    await harness.commitAndFlush({ a: 2 });
    expect(good).toEqual(['1→2 a:1>2']);
    expect(harness.observer.handlerFailed).toHaveBeenCalledExactlyOnceWith({
      label: 'Bad.handler',
      version: 2,
      priority: 1,
      attempt: 1,
      durationMs: expect.any(Number),
      error,
      willRetry: false,
    });
    await harness.commitAndFlush({ a: 3 });
    expect(harness.observer.handlerFailed).toHaveBeenCalledTimes(2);
  });

  it('affects no other handler if the trees cannot be compared', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { label: 'Slow.handler' });
    await harness.commitAndFlush({ a: 2 });
    await harness.commitAndFlush({ a: 3 });
    await harness.commitAndFlush({ a: 4 });
    harness.diff.mockImplementationOnce(() => raise('a getter that throws'));
    await slow.finish();
    expect(harness.observer.handlerFailed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ label: 'Slow.handler', version: 4, error: 'a getter that throws' }),
    );
    await harness.dispatcher.settled();
    await harness.commitAndFlush({ a: 5 });
    expect(slow.seen.at(-1)).toBe('4→5 a:4>5');
  });

  it('is reported with its name, or else its patterns, if it has no label', async () => {
    const harness = new Harness({ a: 1 });
    harness.dispatcher.subscribe('a', function namedHandler() {});
    harness.dispatcher.subscribe('a', () => {});
    await harness.commitAndFlush({ a: 2 });
    const labels = harness.observer.handlerFinished.mock.calls.map(([{ label }]) => label);
    expect(labels).toEqual(['namedHandler', 'anonymous handler (a)']);
  });
});

describe('a listener for handler events', () => {
  it('receives the duration of a call', async () => {
    const harness = new Harness({ a: 1 });
    const slow = new SlowHandler();
    harness.dispatcher.subscribe('a', slow.handle, { label: 'Slow.handler', priority: 3 });
    await harness.commitAndFlush({ a: 2 });
    await vi.advanceTimersByTimeAsync(250);
    await slow.finish();
    expect(harness.observer.handlerFinished).toHaveBeenCalledExactlyOnceWith({
      label: 'Slow.handler',
      version: 2,
      priority: 3,
      attempt: 1,
      durationMs: 250,
      heldMs: 0, // of the clock of this spec
    });
  });

  it('may throw, and is optional', async () => {
    const harness = new Harness({ a: 1 });
    harness.observer.handlerFinished.mockImplementation(() => raise('observer'));
    const seen = listen(harness, 'a');
    await harness.commitAndFlush({ a: 2 });
    await harness.commitAndFlush({ a: 3 });
    expect(seen).toHaveLength(2);

    const bare = new Dispatcher({ runWith: (_snapshot, fn) => fn(), diff });
    for (const fail of [false, true]) bare.subscribe('**', () => (fail ? raise('x') : 0), { retries: 1 });
    bare.subscribe('**', () => new Promise(() => {}), { timeout: 5 });
    bare.dispatch(snapshotOf(1, {}), snapshotOf(2, { a: 1 }), diff({}, { a: 1 }));
    await vi.advanceTimersByTimeAsync(1_000);
    await bare.settled();
  });
});

describe('subscribing', () => {
  it('refuses invalid patterns and options', () => {
    const { dispatcher } = new Harness();
    expect(() => dispatcher.subscribe('a..b', () => {})).toThrow(ConfigPatternError);
    expect(() => dispatcher.subscribe('a', () => {}, { timeout: -1 })).toThrow(ConfigOptionsError);
    expect(() => dispatcher.changes('a..b')).toThrow(ConfigPatternError);
  });

  it('is typed by the caller', async () => {
    interface AppConfig {
      a: number;
    }
    const harness = new Harness({ a: 1 });
    const seen: number[] = [];
    harness.dispatcher.subscribe<AppConfig>('a', (event) => seen.push(event.current.value.a));
    await harness.commitAndFlush({ a: 2 });
    expect(seen).toEqual([2]);
  });
});

describe('many handlers that missed the same commits', () => {
  it('share one comparison', async () => {
    const harness = new Harness({ a: 0 } as Tree);
    for (let n = 0; n < 100; n += 1) listen(harness, 'a', undefined, { debounce: 10 });
    harness.commit({ a: 1 });
    harness.commit({ a: 2 });
    await vi.advanceTimersByTimeAsync(10);
    await flush();
    expect(harness.observer.handlerFinished).toHaveBeenCalledTimes(100);
    expect(harness.diff.mock.calls.length).toBe(1);
  });
});

function raise(error: unknown): never {
  throw error;
}

function thenable(then: () => void): unknown {
  // oxlint-disable-next-line unicorn/no-thenable -- a thenable as other libraries return it is under test
  return { then };
}

function hostile(): unknown {
  // oxlint-disable-next-line unicorn/no-thenable -- as above
  return Object.defineProperty({}, 'then', { get: () => raise('no then') });
}
