import { setTimeout as delay } from 'node:timers/promises';
import { concat, EMPTY, firstValueFrom, interval, isObservable, lastValueFrom, of, throwError } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OutcomeCounter } from '../../lib/pinning/outcome-counters.js';
import { Pins } from '../../lib/pinning/pins.js';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { Snapshot } from '../../lib/snapshot/snapshot.js';

const broken = new Error('it failed');
let pins: Pins;
let counter: OutcomeCounter;
let snapshot: Snapshot;

beforeEach(() => {
  const value = new Freezer().freeze({ n: 1 });
  snapshot = new Snapshot({ version: 1, hash: '', time: new Date(), cause: 'boot', value });
  pins = new Pins({ current: snapshot, inForce: { snapshot: snapshot } });
  counter = pins.outcomes.track(1, 60_000);
});

/** Returns the counts of version 1. */
function counted(): [requests: number, errors: number] {
  const { requests, errors } = counter;
  return [requests, errors];
}

describe('The outcome of pinned work', () => {
  it.each<[string, () => unknown, [number, number]]>([
    ['a value', () => 1, [1, 0]],
    ['a promise', () => Promise.resolve(1), [1, 0]],
    ['a rejection', () => Promise.reject(broken), [1, 1]],
    ['a stream that completes', () => of(1, 2), [1, 0]],
    ['an empty stream', () => EMPTY, [1, 0]],
    [
      'a stream that fails',
      () =>
        concat(
          of(1),
          throwError(() => broken),
        ),
      [1, 1],
    ],
    ['the promise of a stream that fails', () => Promise.resolve(throwError(() => broken)), [1, 1]],
  ])('is counted once for %s', async (_name, work, expected) => {
    const run = async () => {
      const result: unknown = await pins.runPinned(work);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: 0 });
    };
    await run().catch(() => undefined);

    expect(counted()).toEqual(expected);
    expect(pins.leases.status().total).toBe(0);
  });

  it('is not counted for a stream whose subscriber unsubscribes', async () => {
    await firstValueFrom(pins.runPinned(() => interval(1)));

    expect(counted()).toEqual([0, 0]);
    expect(pins.leases.status().total).toBe(0);
  });

  it('is a failure if the function throws', () => {
    expect(() =>
      pins.runPinned(() => {
        throw broken;
      }),
    ).toThrow(broken);
    expect(counted()).toEqual([1, 1]);
  });

  it('is counted for an async generator when it is exhausted or fails', async () => {
    async function* steps(fails: boolean) {
      yield 1;
      await delay(0);
      if (fails) throw broken;
    }
    for await (const _ of pins.runPinned(() => steps(false)));
    const failing = async () => {
      for await (const _ of pins.runPinned(() => steps(true)));
    };
    await expect(failing()).rejects.toThrow(broken);

    expect(counted()).toEqual([2, 1]);
  });

  it('is not counted for functions that the library calls', async () => {
    pins.runWith(snapshot, () => 1);
    await pins.runWith(snapshot, () => Promise.reject(broken)).catch(() => undefined);

    expect(counted()).toEqual([0, 0]);
    expect(pins.leases.status().total).toBe(0);
  });

  it('is counted only for tracked versions, which keep their counts', () => {
    pins.runPinned(() => 1);
    const second = pins.outcomes.track(2);
    pins.outcomes.count(2, 'failed', performance.now());
    pins.outcomes.count(3, 'failed', performance.now());

    expect(counted()).toEqual([1, 0]);
    expect(second).toMatchObject({ requests: 1, errors: 1 });
  });

  it('is counted by each part that tracks the version, until that part stops', () => {
    const other = pins.outcomes.track(1);
    pins.runPinned(() => 1);
    other.stop();
    pins.runPinned(() => 1);

    expect(counted()).toEqual([2, 0]);
    expect(other).toMatchObject({ requests: 1, errors: 0 });
  });

  it('is dropped when it is old', () => {
    const now = performance.now();
    for (const outcome of ['failed', 'succeeded', 'succeeded'] as const) pins.outcomes.count(1, outcome, now);
    pins.outcomes.count(1, 'succeeded', now + 61_000);
    expect(counted()).toEqual([4, 1]);
    pins.outcomes.count(1, 'succeeded', now + 125_000);
    expect(counted()).toEqual([2, 0]);
    pins.outcomes.count(1, 'succeeded', now + 999_000);
    expect(counted()).toEqual([1, 0]);
  });
});
