import { ConfigDisposedError } from 'nestjs-hot-config';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RefreshableRules } from '../../lib/refreshable/refreshable.interface.js';
import { RefreshablesBench, type Built } from './support/bench.js';

/** A component `A` in force with version 5; `commit` makes a version whose `a` is its number. */
async function start(rules: Partial<RefreshableRules<Built>> = {}) {
  const bench = new RefreshablesBench({ a: 1, b: 1 });
  const a = await bench.register('A', rules);
  bench.takeEvents();
  const commit = async (version: number, path = 'a') =>
    (await bench.prepare(version, { [path]: version })).commit();
  return { bench, a, commit, first: bench.inForce };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

describe('A replaced instance that work holds', () => {
  it('is left alone for 5 minutes by default, without a word', async () => {
    const { bench, a, commit, first } = await start();
    const unpin = bench.pin(first);
    await commit(6);
    await seconds(239);
    expect(bench.seenOn(first, a)).toEqual(['A1']);
    unpin();
    await seconds(3_600);
    expect(bench.takeEvents()).toEqual(['build A6', 'dispose A1']);
    expect(bench.warnings).toEqual([]);
  });

  it('is named in a warning with the work that holds it at 80 % of its drainTimeout, and when it is disposed of', async () => {
    const { bench, commit, first } = await start({ drainTimeout: '50s' });
    bench.pin(first, 'GET /stream');
    await seconds(10);
    bench.pin(first, 'GET /other');
    await commit(6);
    await seconds(39);
    expect(bench.warnings).toEqual([]);
    await seconds(1);
    expect(bench.warnings).toEqual([
      'Component A of version 5 will be disposed of in 10 s, although it is held by GET /stream (for 50 s), GET /other (for 40 s). ' +
        'If such work may take longer than its drainTimeout (50 s), raise that, or set it to Infinity',
    ]);
    await seconds(9);
    expect(bench.takeEvents()).toEqual(['build A6']);
    await seconds(1);
    expect(bench.takeEvents()).toEqual(['dispose A1']);
    expect(bench.warnings.slice(1)).toEqual([
      'Component A of version 5 was disposed of, although it is held by GET /stream (for 60 s), GET /other (for 50 s): the drainTimeout (50 s) is over',
    ]);
  });

  it('is named with the oldest three of many, and not with work on other versions', async () => {
    const { bench, commit, first } = await start({ drainTimeout: 1_000 });
    for (let n = 1; n <= 7; n += 1) bench.pin(first, `work ${n}`);
    await commit(6);
    bench.pin(bench.inForce, 'new work');
    await seconds(0.8);
    expect(bench.warnings[0]).toContain(
      'held by work 1 (for 800 ms), work 2 (for 800 ms), work 3 (for 800 ms) and 4 more. If',
    );
  });

  it('is not mentioned if the work ends in time', async () => {
    const { bench, commit, first } = await start({ drainTimeout: '1s' });
    const unpin = bench.pin(first);
    await commit(6);
    await seconds(0.799);
    unpin();
    await seconds(10);
    expect(bench.warnings).toEqual([]);
    expect(bench.refreshables.status().refreshables).toMatchObject({ disposed: 1, draining: 0 });
  });

  it('is kept for as long as that takes with a drainTimeout of Infinity', async () => {
    const { bench, a, commit, first } = await start({ drainTimeout: Infinity });
    const unpin = bench.pin(first);
    await commit(6);
    await seconds(30 * 86_400);
    expect(bench.seenOn(first, a)).toEqual(['A1']);
    unpin();
    await seconds(0);
    expect(bench.takeEvents()).toEqual(['build A6', 'dispose A1']);
    expect(bench.warnings).toEqual([]);
  });

  it('is kept for as long as that takes if there is nothing to dispose of', async () => {
    const { bench, a, commit, first } = await start({ drainTimeout: 1_000, dispose: undefined as never });
    const unpin = bench.pin(first);
    await commit(6);
    await seconds(10);
    expect(bench.seenOn(first, a)).toEqual(['A1']);
    expect(bench.refreshables.status().refreshables).toMatchObject({ disposed: 0, draining: 1 });
    unpin();
    await seconds(0);
    expect(bench.refreshables.status().refreshables).toMatchObject({ disposed: 1, draining: 0 });
    expect(bench.warnings).toEqual([]);
  });
});

describe('The drainTimeout of a component', () => {
  it('is warned of once if it is 0', async () => {
    const { bench, commit, first } = await start({ drainTimeout: 0 });
    bench.pin(first, 'GET /stream');
    await commit(6);
    await seconds(1);
    expect(bench.takeEvents()).toEqual(['build A6', 'dispose A1']);
    expect(bench.warnings).toEqual([
      'Component A of version 5 was disposed of, although it is held by GET /stream (for 1.0 ms): the drainTimeout (0.0 ms) is over',
    ]);
  });

  it('ends although the instance throws when it is asked for a disposer', async () => {
    const { bench, commit, first } = await start();
    const strict: ProxyHandler<object> = {
      get: (_target, key) => {
        if (key === 'then') return undefined;
        throw new Error(`has no ${String(key)}`);
      },
    };
    await bench.refreshables.register(
      { label: 'Strict', on: 'a', drainTimeout: '1s', build: () => new Proxy({}, strict) },
      () => [],
      () => bench.inForce,
    );
    bench.pin(first);
    await commit(6);
    await seconds(1);
    expect(bench.takeEvents()).toEqual(['build A6', expect.stringMatching(/^Strict: Error: has no Symbol/)]);
  });
});

describe('Work that holds an instance that was disposed of', () => {
  it('gets an error, never the next instance, until its pin ends; other work does not', async () => {
    const { bench, a, commit, first } = await start({ drainTimeout: '1s' });
    const unpin = bench.pin(first);
    await commit(6);
    const second = bench.inForce;
    await seconds(1);
    await commit(7);
    const asked = () => bench.seenOn(first, a);
    expect(asked).toThrow(ConfigDisposedError);
    expect(asked).toThrow(
      'Component A of version 5 was disposed of, and this work keeps that version: it takes longer than the drainTimeout of A (1 s). ' +
        'Raise that drainTimeout, or set it to Infinity',
    );
    expect(bench.seenOn(bench.inForce, a)).toEqual(['A7']);
    await seconds(0);
    expect(bench.refreshables.status().refreshables).toMatchObject({ disposed: 2, draining: 0 });
    unpin();
    // What the work has left behind: timers, promises that nobody awaits.
    expect([...bench.seenOn(first, a), ...bench.seenOn(second, a)]).toEqual(['A7', 'A7']);
    expect(bench.takeEvents()).toEqual(['build A6', 'dispose A1', 'build A7', 'dispose A6']);
  });

  it('gets it for a component that is built from the one whose drainTimeout was over, disposed of before it', async () => {
    const { bench, a, commit, first } = await start({ drainTimeout: '1s' });
    const b = await bench.register('B', { from: [a], drainTimeout: Infinity });
    bench.takeEvents();
    bench.pin(first, 'GET /stream');
    await commit(6);
    await seconds(1);
    expect(bench.takeEvents()).toEqual(['build A6', 'build B1(A6)', 'dispose B1(A1)', 'dispose A1']);
    expect(() => bench.seenOn(first, b)).toThrow(
      'Component B of version 5 was disposed of, and this work keeps that version: it takes longer than the drainTimeout of A (1 s)',
    );
    expect(bench.warnings.slice(1)).toEqual([
      'Component A of version 5 was disposed of, although it is held by GET /stream (for 1 s): the drainTimeout (1 s) is over',
      'Component B of version 5 was disposed of, although it is held by GET /stream (for 1 s): the drainTimeout (1 s) of A, which it is built from, is over',
    ]);
  });

  it('gets it also if a component between them has nothing to dispose of', async () => {
    const { bench, a, commit, first } = await start({ drainTimeout: '1s' });
    const b = await bench.register('B', { from: [a], dispose: undefined as never });
    const user = await bench.register('B', { from: [b] });
    bench.takeEvents();
    bench.pin(first);
    await commit(6);
    await seconds(1);
    expect(bench.takeEvents().slice(-2)).toEqual(['dispose B1(B1(A1))', 'dispose A1']);
    expect(() => bench.seenOn(first, user)).toThrow(ConfigDisposedError);
    expect(bench.seenOn(first, b)).toEqual(['B1(A1)']);
  });

  it('gets it on a candidate too, if the instance is that of the version that the candidate is based on', async () => {
    const { bench, a, commit } = await start({ drainTimeout: '1s' });
    const candidate = await bench.prepare(6, { b: 6 });
    await commit(7);
    await seconds(1);
    expect(() => bench.seenOn(candidate.snapshot, a)).toThrow(ConfigDisposedError);
    bench.pin(candidate.snapshot);
    expect(() => bench.seenOn(candidate.snapshot, a)).toThrow(ConfigDisposedError);
    await candidate.discard();
    expect(() => bench.seenOn(candidate.snapshot, a)).toThrow(ConfigDisposedError);
  });

  it('is named as a holder if it runs on a candidate', async () => {
    const { bench, commit } = await start({ drainTimeout: '10s' });
    const candidate = await bench.prepare(8, { b: 8 });
    bench.pin(candidate.snapshot, 'GET /canary');
    await commit(7);
    await seconds(8);
    expect(bench.warnings[0]).toContain(
      'Component A of version 5 will be disposed of in 2 s, although it is held by GET /canary',
    );
  });
});

describe('The first instance of a component that is registered late', () => {
  it('is that of all earlier versions, and is held by work on them', async () => {
    const { bench, commit, first } = await start();
    const unpin = bench.pin(first);
    await commit(6);
    const b = await bench.register('B');
    await commit(7, 'b');
    expect(bench.seenOn(first, b)).toEqual(['B1']);
    await seconds(0);
    expect(bench.takeEvents()).toEqual(['build A6', 'build B1', 'build B7']);
    unpin();
    await seconds(0);
    expect(bench.takeEvents().toSorted()).toEqual(['dispose A1', 'dispose B1']);
    expect(bench.live).toBe(2);
  });

  it('keeps what it was built from, which work on these versions does not use itself', async () => {
    const { bench, a, commit, first } = await start();
    const unpin = bench.pin(first);
    await commit(6);
    const b = await bench.register('B', { from: [a] });
    bench.takeEvents();
    await commit(7);
    expect(bench.seenOn(first, a, b)).toEqual(['A1', 'B1(A6)']);
    await seconds(0);
    expect(bench.takeEvents()).toEqual(['build A7', 'build B1(A7)']);
    unpin();
    await seconds(0);
    expect(bench.takeEvents()).toEqual(['dispose B1(A6)', 'dispose A6', 'dispose A1']);
  });

  it('is held by a candidate that is based on an earlier version', async () => {
    const { bench, commit } = await start();
    const candidate = await bench.prepare(6, {});
    await commit(7);
    const b = await bench.register('B');
    await commit(8, 'b');
    await seconds(0);
    expect(bench.seenOn(candidate.snapshot, b)).toEqual(['B1']);
    await candidate.discard();
    expect(bench.live).toBe(2);
  });

  it('is disposed of at the end of its drainTimeout, although an open candidate is based on an earlier version', async () => {
    const { bench, a, commit } = await start();
    const candidate = await bench.prepare(6, { a: 6 });
    await commit(7, 'c');
    const b = await bench.register('B', { drainTimeout: '1s' });
    await commit(8, 'b');
    bench.takeEvents();
    await seconds(1);
    expect(bench.takeEvents()).toEqual(['dispose B1']);
    expect(() => bench.seenOn(candidate.snapshot, b)).toThrow(ConfigDisposedError);
    // What was built for the candidate, and what is in force, stays.
    expect(bench.seenOn(candidate.snapshot, a)).toEqual(['A6']);
    expect(bench.seenOn(bench.inForce, a, b)).toEqual(['A1', 'B8']);
    expect(candidate.isCurrent()).toBe(false);
  });
});
