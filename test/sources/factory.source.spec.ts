import { randomUUID } from 'node:crypto';
import { registerAs } from '@nestjs/config';
import {
  type ConfigSource,
  type ConfigSourceError,
  factory,
  type FactoryOptions,
  type Layer,
  type SourceLoadContext,
} from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { booted } from '../reload/support/runtime.js';
import { Gate } from '../support/gate.js';
import { MemorySource } from '../support/memory.source.js';
import { startApp } from '../support/start-app.js';
import { until } from '../support/until.js';
import { load as loadSource } from './support/loading.js';

function load(make: () => unknown, options?: FactoryOptions, known: readonly Layer[] = []): Promise<Layer> {
  return loadSource(factory(make, options), { known });
}

describe('factory()', () => {
  it('returns the result of its function, sync or async, below its namespace if it has one', async () => {
    expect((await load(() => ({ a: 1 }))).tree).toEqual({ a: 1 });
    expect((await load(async () => ({ a: 1 }))).tree).toEqual({ a: 1 });
    expect((await load(() => 5, { namespace: 'n' })).tree).toEqual({ n: 5 });
  });

  it('is named by its `name`, the name of its function, or `factory`', () => {
    function machine() {
      return {};
    }
    expect(factory(machine, { name: 'mine' }).name).toBe('mine');
    expect(factory(machine).name).toBe('machine');
    expect(factory(() => ({})).name).toBe('factory');
    expect([factory(machine).onError, factory(machine, { onError: 'keep' }).onError]).toEqual([
      'reject',
      'keep',
    ]);
  });

  it('locates each value in the source', async () => {
    const layer = await load(() => ({ a: 1 }), { name: 'mine' });
    expect([layer.source, layer.locate(['a'])]).toEqual(['mine', { source: 'mine' }]);
  });

  it('returns the known layer if the content is the same', async () => {
    const source = factory(() => ({ a: 1 }));
    const first = await loadSource(source);
    expect(await loadSource(source, { known: [first] })).toBe(first);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('HOST is not set')), 'failed: HOST is not set'],
    ['returns nothing', () => undefined, 'must return an object; return one, or set { namespace }'],
    ['returns a list', () => [1], 'must return an object; return one, or set { namespace }'],
  ])('fails, with its name and the reason once, if its function %s', async (_what, make, message) => {
    const error = (await load(make, { name: 'mine' }).catch((e: unknown) => e)) as ConfigSourceError;
    expect([error.code, error.message]).toEqual([
      'CONFIG_SOURCE',
      `mine could not be loaded\n  mine  ${message}`,
    ]);
    expect(error.issues[0]!.origin).toEqual({ source: 'mine' });
  });

  it('keeps its last good layer if `onError` is `keep`', async () => {
    let fail = false;
    const source = factory(
      () => {
        if (fail) throw new Error('down');
        return { a: 1 };
      },
      { onError: 'keep' },
    );
    const { config, change } = await startApp({ n: 1 }, {}, { sources: [source] });
    fail = true;
    expect((await change({ n: 1 })).outcome).toBe('unchanged');
    expect(config.get('a')).toBe(1);
  });

  it('may return the same object each time, changed in between; the object of the app is not frozen', async () => {
    const own = {
      list: [1],
      date: new Date(0),
      map: new Map([['a', 1]]),
      set: new Set([1]),
      url: new URL('http://a'),
      pattern: /a/,
      nothing: null,
    };
    const both = { own, again: own };
    const { config, manager } = await startApp({}, {}, { sources: [factory(() => both)] });
    const first = config.current;
    own.list.push(2);
    own.date.setFullYear(2000);
    own.map.set('b', 2);
    own.set.add(2);
    own.url.port = '8080';
    expect((await manager.reload()).outcome).toBe('applied');
    expect(first.get('own.list')).toEqual([1]);
    expect(config.get('own.list')).toEqual([1, 2]);
    expect(config.get('own')).toEqual(own);
    expect(config.get('again.url.href')).toBeUndefined();
  });

  it('is called at boot, by a manual reload, and when another source has other content; not by a poll', async () => {
    let calls = 0;
    const source = new MemorySource({ n: 1 });
    const sources = [source, factory(() => ({ calls: (calls += 1) && 'same' }))];
    const { runtime } = await booted(sources);
    const file = { cause: 'file' } as const;
    await runtime.reload({ ...file, audit: 'safety-poll' });
    await runtime.reload(file);
    expect(calls).toBe(1);
    source.set({ n: 2 });
    await runtime.reload(file);
    await runtime.reload({ ...file, audit: 'safety-poll' });
    expect(calls).toBe(2);
    await runtime.reload({ cause: 'manual' });
    expect(calls).toBe(3);
  });

  it('does not wait for other sources when it is called anyway', async () => {
    const gate = new Gate();
    class Slow extends MemorySource {
      override async load(context?: SourceLoadContext): Promise<Layer> {
        await gate.wait();
        return super.load(context);
      }
    }
    let isCalled = false;
    const starting = booted([new Slow({}), factory(() => ((isCalled = true), {}))]);
    await until('the function is called', () => isCalled);
    gate.open();
    expect((await starting).value()).toEqual({});
  });

  it('does not wait for a source that waits for it', async () => {
    const made = factory(() => ({ a: 1 }));
    let n = 1;
    const waiting: ConfigSource = {
      name: 'waiting',
      load: async (context) => {
        const tree = { b: (await context.layerOf!(made))!.tree['a'], n };
        return { source: 'waiting', tree, hash: `${n}`, revision: '', locate: () => undefined };
      },
    };
    const { runtime, value } = await booted([made, waiting]);
    n = 2;
    await runtime.reload({ cause: 'file' });
    expect(value()).toEqual({ a: 1, b: 1, n: 2 });
  });

  it('is not called if another source has failed', async () => {
    let calls = 0;
    const source = new MemorySource({ n: 1 });
    const { runtime } = await booted([source, factory(() => ((calls += 1), {}))]);
    source.fail(new Error('down'));
    const result = await runtime.reload({ cause: 'file' });
    expect([result.issues.length, calls]).toEqual([1, 1]);
  });

  it('is named if its value differs at two edits in a row, and is not if the value follows the edits', async () => {
    const source = new MemorySource({ host: 'a' });
    const id = factory(() => ({ id: randomUUID() }), { name: 'instance' });
    const url = factory(() => ({ url: `http://${host}/` }), { name: 'url' });
    let host = 'a';
    const { runtime } = await booted([source, id, url]);
    const named = [];
    for (host of ['b', 'c', 'd']) {
      source.set({ host });
      const { issues } = await runtime.reload({ cause: 'file' });
      named.push(issues.map(({ path, origin }) => [path, origin?.source]));
    }
    expect(named).toEqual([[], [['id', 'instance']], []]);
  });

  it('is not named for edits of more values than are compared', async () => {
    const treeOf = (n: number) =>
      Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`limit${at}`, n]));
    const source = new MemorySource(treeOf(1));
    const { runtime } = await booted([source, factory(() => ({ id: randomUUID() }))]);
    for (const n of [2, 3, 4]) {
      source.set(treeOf(n));
      expect((await runtime.reload({ cause: 'file' })).issues).toEqual([]);
    }
  });

  it('is reported with the edits of other sources since the version in force if it throws', async () => {
    const source = new MemorySource({ n: 1, removed: 1 });
    let isBroken = false;
    const make = () => {
      if (isBroken) throw new Error('no');
      return {};
    };
    const { runtime } = await booted([source, factory(make, { name: 'mine' })]);
    isBroken = true;
    source.set({ n: 2 });
    const { issues } = await runtime.reload({ cause: 'file' });
    expect(issues.map(({ message }) => message)).toEqual([
      'failed: no',
      'n was changed since version 1',
      'removed was removed since version 1',
    ]);
    source.set({ n: 1, removed: 1 });
    expect((await runtime.reload({ cause: 'file' })).outcome).toBe('unchanged');
    expect(runtime.status().sources.map(({ health }) => health)).toEqual(['live', 'live']);
  });

  it('has a warning, logged once, for a number and a date that are none', async () => {
    let port = 'abc';
    const make = () => ({ port: Number(port), list: [1, Number.NaN], since: new Date(port), n: Infinity });
    const warn = vi.fn<(message: string) => void>();
    const logger = { log: vi.fn<() => void>(), error: vi.fn<() => void>(), warn };
    const { manager, change } = await startApp({ a: 1 }, {}, { load: [registerAs('app', make)], logger });
    const advice = '; check what it is converted from, or validate it by a schema';
    const expected = [
      `app.port is NaN (not a number)${advice}`,
      `app.list.1 is NaN (not a number)${advice}`,
      `app.since is an invalid date${advice}`,
    ];
    expect((await manager.reload()).issues.map(({ message }) => message)).toEqual(expected);
    await change({ a: 2 });
    // Those that say the same are one record.
    const warned = warn.mock.calls.map(([message]) => message).join('\n');
    for (const message of expected) expect(warned.split(message)).toHaveLength(2);
    port = '2026';
    const { issues } = await manager.reload();
    expect(issues.map(({ message }) => message).filter((message) => message.includes(advice))).toEqual([
      expected[1],
    ]);
  });

  it('rejects the reload if it returns a circular object', async () => {
    const ring: Record<string, unknown> = {};
    let make: () => object = () => ({ a: 1 });
    const { config, manager } = await startApp({}, {}, { sources: [factory(() => make())] });
    ring['ring'] = ring;
    make = () => ring;
    expect((await manager.reload()).outcome).toBe('rejected');
    expect(config.get('a')).toBe(1);
  });
});
