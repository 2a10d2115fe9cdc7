import { LazyModuleLoader } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { type ConfigSnapshot, ConfigRefreshError, type Refreshable, refreshable } from 'nestjs-hot-config';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HOT_CONFIG_RUNTIME } from '../../lib/model/tokens.js';
import type { HotConfigRuntime } from '../../lib/runtime/hot-config.runtime.js';
import { diff } from '../../lib/snapshot/diff.js';
import { Snapshot } from '../../lib/snapshot/snapshot.js';
import { startApp } from '../support/start-app.js';
import { until } from '../support/until.js';
import { RefreshablesBench } from './support/bench.js';

/** `A`, and `B` that is built from it, in force with version 5. */
async function chain() {
  const bench = new RefreshablesBench({ a: 1, b: 1, c: 1 });
  const a = await bench.register('A');
  const b = await bench.register('B', { from: [a] });
  const seen = (snapshot: Snapshot) => bench.seenOn(snapshot, a, b);
  bench.takeEvents();
  return { bench, a, b, seen };
}

/** A promise that the test settles. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** Lets all disposals that were started come to their end; the disposals of these tests wait for promises only. */
function disposals(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

afterEach(() => vi.useRealTimers());

describe('The components of several candidates', () => {
  it('are seen only by work on their own candidate', async () => {
    const { bench, seen } = await chain();
    const before = bench.inForce;
    const six = await bench.prepare(6, { a: 6 });
    const seven = await bench.prepare(7, { b: 7 });
    expect(bench.takeEvents()).toEqual(['build A6', 'build B1(A6)', 'build B7(A1)']);
    expect([before, six.snapshot, seven.snapshot].map(seen)).toEqual([
      ['A1', 'B1(A1)'],
      ['A6', 'B1(A6)'],
      ['A1', 'B7(A1)'],
    ]);

    const unpin = [before, six.snapshot, seven.snapshot].map((snapshot) => bench.pin(snapshot));
    const eight = await bench.prepare(8, { a: 8 });
    eight.commit();
    const nine = await bench.prepare(9, { c: 9 });
    nine.commit();
    expect([before, six.snapshot, seven.snapshot, eight.snapshot, nine.snapshot].map(seen)).toEqual([
      ['A1', 'B1(A1)'],
      ['A6', 'B1(A6)'],
      ['A1', 'B7(A1)'],
      ['A8', 'B1(A8)'],
      ['A8', 'B1(A8)'],
    ]);
    expect(bench.takeEvents()).toEqual(['build A8', 'build B1(A8)']);

    await Promise.all([six.discard(), seven.discard()]);
    expect([six.snapshot, seven.snapshot].map(seen)).toEqual([
      ['A6', 'B1(A6)'],
      ['A1', 'B7(A1)'],
    ]);
    for (const end of unpin) end();
    await disposals();
    expect(bench.takeEvents().toSorted()).toEqual([
      'dispose A1',
      'dispose A6',
      'dispose B1(A1)',
      'dispose B1(A6)',
      'dispose B7(A1)',
    ]);
    expect(bench.live).toBe(2);
  });

  it.each([
    ['the first', 0],
    ['the second', 1],
  ])('stay those of the base for work on the other candidate if %s is committed', async (_which, index) => {
    const { bench, seen } = await chain();
    const candidates = [await bench.prepare(6, { a: 6 }), await bench.prepare(7, { a: 1, b: 7 })];
    const [committed, other] = index === 0 ? candidates : candidates.toReversed();
    const seenBefore = seen(other!.snapshot);
    expect(candidates.map((part) => part.isCurrent())).toEqual([true, true]);
    committed!.commit();
    expect(other!.isCurrent()).toBe(false);
    await disposals();
    // Nothing has pinned the other candidate yet, but a request may do so as long as it is open.
    expect(seen(other!.snapshot)).toEqual(seenBefore);
    expect(bench.takeEvents().filter((event) => event === 'dispose A1')).toEqual([]);

    const again = await bench.prepare(8, { a: 8, b: 8 });
    await other!.discard();
    expect(again.isCurrent()).toBe(true);
    again.commit();
    await disposals();
    expect(seen(bench.inForce)).toEqual(['A8', 'B8(A8)']);
    expect(bench.live).toBe(2);
  });

  it('are built at the same time, each from the components of its own candidate', async () => {
    const bench = new RefreshablesBench({ a: 1, b: 1 });
    const gates = new Map([
      [6, gate()],
      [7, gate()],
    ]);
    const a = await bench.register('A');
    const b = await bench.register('B', { from: [a], before: (value) => gates.get(value)?.opened });
    const six = bench.prepare(6, { a: 6, b: 6 });
    const seven = bench.prepare(7, { a: 7, b: 7 });
    await until('both wait', () => bench.events.length === 4);
    gates.get(7)!.open();
    expect(bench.seenOn((await seven).snapshot, a, b)).toEqual(['A7', 'B7(A7)']);
    gates.get(6)!.open();
    expect(bench.seenOn((await six).snapshot, a, b)).toEqual(['A6', 'B6(A6)']);
  });

  it('refuse a second candidate with the same version while work may still see the first', async () => {
    const { bench } = await chain();
    const six = await bench.prepare(6, { a: 6 });
    await expect(bench.prepare(6, { a: 7 })).rejects.toThrow('There is already a candidate with version 6');
    const unpin = bench.pin(six.snapshot);
    await six.discard();
    await expect(bench.prepare(6, { a: 7 })).rejects.toThrow('There is already a candidate with version 6');
    unpin();
    expect((await bench.prepare(6, { a: 7 })).isCurrent()).toBe(true);
  });
});

describe('A discarded candidate', () => {
  it('leaves nothing if it was not pinned: its components are disposed of, each before those it is built from', async () => {
    const { bench, seen } = await chain();
    const six = await bench.prepare(6, { a: 6 });
    bench.takeEvents();
    await six.discard();
    expect(bench.takeEvents()).toEqual(['dispose B1(A6)', 'dispose A6']);
    expect(seen(six.snapshot)).toEqual(['A1', 'B1(A1)']);

    const again = await bench.prepare(6, { b: 6 });
    expect(seen(again.snapshot)).toEqual(['A1', 'B6(A1)']);
    again.commit();
    await disposals();
    expect(bench.takeEvents()).toEqual(['build B6(A1)', 'dispose B1(A1)']);
    expect(bench.live).toBe(2);
  });

  it('resolves when its components are disposed of', async () => {
    const bench = new RefreshablesBench({ a: 1 });
    const { open, opened } = gate();
    await bench.register('A', { dispose: () => opened });
    const six = await bench.prepare(6, { a: 6 });
    let isDiscarded = false;
    const discarded = six.discard().then(() => (isDiscarded = true));
    await disposals();
    expect(isDiscarded).toBe(false);
    open();
    await discarded;
  });

  it('keeps its components and those of its base until its last pin has ended', async () => {
    const { bench, seen } = await chain();
    const six = await bench.prepare(6, { b: 6 });
    const unpin = [bench.pin(six.snapshot), bench.pin(six.snapshot)];
    (await bench.prepare(7, { a: 7 })).commit();
    bench.takeEvents();
    await six.discard();
    unpin[0]!();
    await disposals();
    expect(seen(six.snapshot)).toEqual(['A1', 'B6(A1)']);
    expect(bench.takeEvents()).toEqual([]);
    // A1 and B6(A1); no work uses B1(A1), but the pin is on a version at which it was in force.
    expect(bench.refreshables.status().refreshables.draining).toBe(3);
    unpin[1]!();
    await disposals();
    expect(bench.takeEvents()).toEqual(['dispose B6(A1)', 'dispose B1(A1)', 'dispose A1']);
    expect(bench.refreshables.status()).toEqual({
      refreshables: { built: 5, disposed: 3, disposeErrors: 0, draining: 0 },
    });
  });

  it('has its components disposed of before those of its base, however long that takes', async () => {
    const bench = new RefreshablesBench({ a: 1, b: 1 });
    const { open, opened } = gate();
    const a = await bench.register('A');
    await bench.register('B', {
      from: [a],
      dispose: async (instance) => {
        if (instance.name === 'B6(A1)') await opened;
        await bench.dispose(instance);
      },
    });
    const six = await bench.prepare(6, { b: 6 });
    const unpin = bench.pin(bench.inForce);
    const discarded = six.discard();
    (await bench.prepare(7, { a: 7 })).commit();
    bench.takeEvents();
    unpin();
    await disposals();
    expect(bench.takeEvents()).toEqual(['dispose B1(A1)']);
    open();
    await discarded;
    await disposals();
    expect(bench.takeEvents()).toEqual(['dispose B6(A1)', 'dispose A1']);
  });

  it('keeps its components for their drain timeout at most; its work gets an error then, not those of its base', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const bench = new RefreshablesBench({ a: 1 });
    const a = await bench.register('A', { drainTimeout: 20 });
    const six = await bench.prepare(6, { a: 6 });
    const unpin = bench.pin(six.snapshot);
    await six.discard();
    await vi.advanceTimersByTimeAsync(19);
    expect(bench.seenOn(six.snapshot, a)).toEqual(['A6']);
    await vi.advanceTimersByTimeAsync(1);
    expect(() => bench.seenOn(six.snapshot, a)).toThrow('Component A of version 6 was disposed of');
    expect(bench.takeEvents()).toEqual(['build A1', 'build A6', 'dispose A6']);
    unpin();
    expect((await bench.prepare(6, { a: 7 })).isCurrent()).toBe(true);
  });

  it.each([
    [
      'fails',
      () => Promise.reject(new Error('no route')),
      'B could not be built after the change of b: no route',
    ],
    [
      'hangs',
      () => new Promise(() => undefined),
      'B could not be built after the change of b: no answer within 20 ms',
    ],
  ])(
    'is disposed of if the build of one component %s, and no other candidate is',
    async (_how, fail, message) => {
      const bench = new RefreshablesBench({ a: 1, b: 1 });
      const a = await bench.register('A');
      const b = await bench.register('B', {
        from: [a],
        buildTimeout: 20,
        before: (value) => (value === 6 ? fail() : undefined),
      });
      const seven = await bench.prepare(7, { a: 7, b: 7 });
      bench.takeEvents();
      // As a build that hangs does.
      const unpin = bench.pin({ version: 6 });
      const six = bench.prepare(6, { a: 6, b: 6 });
      await expect(six).rejects.toThrow(ConfigRefreshError);
      await expect(six).rejects.toThrow(message);
      expect(bench.takeEvents()).toEqual(['build A6', 'dispose A6']);
      expect(bench.seenOn(seven.snapshot, a, b)).toEqual(['A7', 'B7(A7)']);
      unpin();
      seven.commit();
      await disposals();
      expect(bench.seenOn(bench.inForce, a, b)).toEqual(['A7', 'B7(A7)']);
      expect(bench.live).toBe(2);
    },
  );

  it('releases the components of its base if its preparation failed', async () => {
    const bench = new RefreshablesBench({ a: 1, b: 1 });
    const { open, opened } = gate();
    await bench.register('A');
    await bench.register('B', {
      before: async (value) => {
        if (value !== 6) return;
        await opened;
        throw new Error('no route');
      },
    });
    const six = bench.prepare(6, { b: 6 });
    (await bench.prepare(7, { a: 7 })).commit();
    await disposals();
    bench.takeEvents();
    open();
    await expect(six).rejects.toThrow('no route');
    await disposals();
    expect(bench.takeEvents()).toEqual(['dispose A1']);
  });
});

describe('A component that is registered while a candidate is open', () => {
  it.each([
    ['is concerned by its changes', 'B', false],
    ['is not', 'C', true],
  ])(
    'does not wait; the candidate has to be prepared again if the component %s',
    async (_what, label, current) => {
      const bench = new RefreshablesBench({ a: 1, b: 1, c: 1 });
      const a = await bench.register('A');
      const six = await bench.prepare(6, { a: 6, b: 6 });
      expect(six.isCurrent()).toBe(true);
      const late = await bench.register(label);
      expect(bench.seenOn(six.snapshot, a, late)).toEqual(['A6', `${label}1`]);
      expect(six.isCurrent()).toBe(current);
      await six.discard();

      const seven = await bench.prepare(7, { a: 7, b: 7 });
      expect(seven.isCurrent()).toBe(true);
      seven.commit();
      expect(late.get().name).toBe(current ? 'C1' : 'B7');
      await disposals();
      expect(bench.live).toBe(2);
    },
  );

  it('concerns the candidate if a component that it is built from does', async () => {
    const { bench, a } = await chain();
    const six = await bench.prepare(6, { a: 6 });
    await bench.register('C', { from: [a] });
    expect(six.isCurrent()).toBe(false);
  });

  it('concerns the candidate if it is in a module that is discovered only now', async () => {
    const bench = new RefreshablesBench({ a: 1 });
    const six = await bench.prepare(6, { a: 6 });
    bench.discover = () => {
      bench.discover = () => undefined;
      bench.refreshables.adopt(
        { label: 'A', on: 'a', build: (snapshot) => bench.build(`A${String(snapshot.get('a'))}`) },
        () => [],
        bench.build('A1'),
        bench.inForce,
      );
    };
    expect(six.isCurrent()).toBe(false);
  });

  it('is built again if the candidate is committed before its first instance is complete', async () => {
    const bench = new RefreshablesBench({ a: 1 });
    const { open, opened } = gate();
    const six = await bench.prepare(6, { a: 6 });
    const registered = bench.register('A', { before: (value) => (value === 1 ? opened : undefined) });
    expect(six.isCurrent()).toBe(true);
    six.commit();
    open();
    expect((await registered).get().name).toBe('A6');
    expect(bench.takeEvents()).toEqual(['build A1', 'dispose A1', 'build A6']);
  });

  it('is found in a module of the app that is loaded meanwhile', async () => {
    const { app, config } = await startApp({ a: 1 });
    const { refreshables } = app.get<HotConfigRuntime>(HOT_CONFIG_RUNTIME).core;
    const current = config.snapshot as unknown as Snapshot;
    const candidate = new Snapshot({
      version: 2,
      hash: '',
      time: new Date(0),
      cause: 'file',
      value: { a: 2 },
    });
    const prepare = () =>
      refreshables.prepare({
        candidate,
        current,
        changes: diff(current.value, candidate.value),
        cause: 'file',
        locate: () => undefined,
      });
    const part = await prepare();
    @Module({
      providers: [
        refreshable({
          provide: 'A',
          on: 'a',
          useFactory: ({ value }: ConfigSnapshot<{ a: number }>) => `A${value.a}`,
        }),
      ],
    })
    class LateModule {}
    const late = await app.get(LazyModuleLoader).load(() => LateModule);
    const handle = late.get<Refreshable<string>>('A');
    expect(handle.get()).toBe('A1');
    expect(part.isCurrent()).toBe(false);
    await part.discard();

    const again = await prepare();
    expect(again.isCurrent()).toBe(true);
    expect(config.runPinned(() => handle.get())).toBe('A1');
    await again.discard();
  });
});

describe('Closing with open candidates', () => {
  it('disposes of all components once; a commit or a discard after it does nothing', async () => {
    const { bench, a, b } = await chain();
    const [six, seven, eight] = [
      await bench.prepare(6, { a: 6 }),
      await bench.prepare(7, { b: 7 }),
      await bench.prepare(8, { a: 8 }),
    ];
    bench.pin(eight.snapshot);
    await eight.discard();
    bench.takeEvents();
    await Promise.all([bench.refreshables.close(), bench.refreshables.close()]);
    const disposed = bench.takeEvents();
    expect(disposed.toSorted()).toEqual([
      'dispose A1',
      'dispose A6',
      'dispose A8',
      'dispose B1(A1)',
      'dispose B1(A6)',
      'dispose B1(A8)',
      'dispose B7(A1)',
    ]);
    expect(disposed.findLastIndex((event) => event.includes('B'))).toBeLessThan(
      disposed.findIndex((event) => event.startsWith('dispose A')),
    );
    await seven.discard();
    expect(six.isCurrent()).toBe(true);
    six.commit();
    await bench.refreshables.close();
    await disposals();
    expect(bench.takeEvents()).toEqual([]);
    expect(bench.live).toBe(0);
    expect([a.get(), b.get()].every(({ isDisposed }) => isDisposed)).toBe(true);
  });

  it('makes a discard that is in progress end, too', async () => {
    const bench = new RefreshablesBench({ a: 1 });
    const { open, opened } = gate();
    await bench.register('A', { dispose: (instance) => opened.then(() => bench.dispose(instance)) });
    const six = await bench.prepare(6, { a: 6 });
    const discarded = six.discard();
    const closed = bench.refreshables.close();
    open();
    await closed;
    await discarded;
    expect(bench.takeEvents().toSorted()).toEqual(['build A1', 'build A6', 'dispose A1', 'dispose A6']);
  });

  it('refuses a preparation and a registration that are in progress, and disposes of what they have built', async () => {
    const bench = new RefreshablesBench({ a: 1, b: 1, c: 1 });
    const { open, opened } = gate();
    await bench.register('A');
    await bench.register('B', { before: (value) => (value === 6 ? opened : undefined) });
    const six = bench.prepare(6, { a: 6, b: 6 });
    const registered = bench.register('C', { before: () => opened });
    await until('A is built', () => bench.events.includes('build A6'));
    await bench.refreshables.close();
    open();
    await expect(six).rejects.toThrow('B could not be built: the app is shutting down');
    await expect(registered).rejects.toThrow('C could not be built: the app is shutting down');
    expect(bench.live).toBe(0);
  });

  it('disposes of a component that is adopted later', async () => {
    const bench = new RefreshablesBench({ a: 1 });
    await bench.refreshables.close();
    bench.refreshables.adopt(
      { label: 'A', on: 'a', build: () => bench.build('A'), dispose: (instance) => bench.dispose(instance) },
      () => [],
      bench.build('A1'),
      bench.inForce,
    );
    await disposals();
    expect(bench.takeEvents()).toEqual(['build A1', 'dispose A1']);
  });
});
