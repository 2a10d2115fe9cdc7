import { type ConfigSourceError, factory, type FactoryOptions, type Layer } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/start-app.js';
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
