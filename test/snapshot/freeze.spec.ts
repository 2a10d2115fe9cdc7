import assert from 'node:assert';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isSameLeaf } from '../../lib/snapshot/canonical-string.js';
import { ContentHasher } from '../../lib/snapshot/content-hash.js';
import { diff } from '../../lib/snapshot/diff.js';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { shareUnchanged } from '../../lib/snapshot/share-unchanged.js';
import type { Bytes } from '../../lib/util/bytes.js';

const freeze = <T>(value: T): T => new Freezer().freeze(value);
const IMMUTABLE = /immutable/;

describe('A frozen configuration', () => {
  it('refuses assignment, addition and removal in objects and arrays at any depth', () => {
    const config = freeze({ a: { b: [{ c: 1 }, [2]] } });
    expect(() => (config.a.b = [])).toThrow(TypeError);
    expect(() => config.a.b.push([3])).toThrow(TypeError);
    expect(() => config.a.b.reverse()).toThrow(TypeError);
    expect(() => ((config.a.b[0] as { c: number }).c = 2)).toThrow(TypeError);
    expect(() => delete (config as { a?: unknown }).a).toThrow(TypeError);
    expect(() => Object.assign(config, { x: 1 })).toThrow(TypeError);
    expect(() => Object.setPrototypeOf(config.a, Array.prototype)).toThrow(TypeError);
  });

  it('says what to write instead of a method that would change a list, however long it is', () => {
    class Cors {
      origins = ['b', 'a'];
    }
    const config = freeze({
      hosts: ['b', 'a'],
      none: [] as string[],
      deep: [['b', 'a']],
      cors: new Cors(),
      map: new Map([['hosts', ['b', 'a']]]),
    });
    const lists = [config.hosts, config.none, config.deep[0]!, config.cors.origins, config.map.get('hosts')!];
    for (const list of lists) {
      const before = [...list];
      expect(() => list.sort()).toThrow(
        new TypeError(
          'Configuration is immutable: sort() would change this list. Copy it with list.toSorted() or [...list].sort(), ' +
            'or change its source instead',
        ),
      );
      expect(() => list.reverse()).toThrow(/immutable: reverse\(\).*list\.toReversed\(\)/);
      expect(() => list.splice(0, 1)).toThrow(/immutable: splice\(\).*list\.toSpliced\(\)/);
      for (const change of ['push', 'pop', 'shift', 'unshift'] as const)
        expect(() => list[change]('c')).toThrow(TypeError);
      expect(list).toEqual(before);
    }
    expect([...config.hosts].sort()).toEqual(['a', 'b']);
    expect(config.hosts.slice().reverse()).toEqual(['a', 'b']);
    expect(config.hosts.toSorted()).toEqual(['a', 'b']);
  });

  it('has lists that no comparison can tell from others', () => {
    const config = freeze({ hosts: ['b', 'a'], none: [], parts: [{ n: [1] }] });
    const same = { hosts: ['b', 'a'], none: [], parts: [{ n: [1] }] };
    assert.deepStrictEqual(config, same);
    expect(config).toStrictEqual(same);
    expect(JSON.stringify(config)).toBe(JSON.stringify(same));
    expect(inspect(config)).toBe(inspect(same));
    expect(Object.entries(config.hosts)).toEqual(Object.entries(same.hosts));
    expect([Array.isArray(config.hosts), Object.getPrototypeOf(config.hosts)]).toEqual([
      true,
      Array.prototype,
    ]);
    expect(structuredClone(config.hosts).sort()).toEqual(['a', 'b']);
    expect(diff(config, same)).toEqual([]);
    expect(shareUnchanged(config, same)).toBe(config);
    expect(new ContentHasher().hash(config)).toBe(new ContentHasher().hash(same));
    expect(freeze(config).hosts).toBe(config.hosts);
  });

  it('can be cloned, whatever it holds', () => {
    class Server {
      hosts = ['b', 'a'];
      key = Buffer.from('ab');
      #secret = 1;
      get secret() {
        return this.#secret;
      }
    }
    const config = freeze({
      server: new Server(),
      at: new Date(0),
      map: new Map<string, unknown>([['bytes', Buffer.from('ab')]]),
      set: new Set([['b', 'a']]),
      match: /a/g,
      big: 10n,
    });
    const bytes = new Uint8Array(Buffer.from('ab'));
    const clone = structuredClone(config);
    expect(clone).toEqual({
      server: { hosts: ['b', 'a'], key: bytes },
      at: new Date(0),
      map: new Map([['bytes', bytes]]),
      set: new Set([['b', 'a']]),
      match: /a/g,
      big: 10n,
    });
    clone.at.setTime(1);
    clone.map.clear();
    clone.server.hosts.push('c');
    expect([clone.at.getTime(), clone.map.size, clone.server.hosts.sort()]).toEqual([1, 0, ['a', 'b', 'c']]);
  });

  it('has lists whose drafts and copies can be changed', () => {
    const { hosts } = freeze({ hosts: ['b', 'a'] });
    // What copies everything, as klona/full does.
    const full = ['b', 'a'];
    for (const key of ['sort', 'reverse', 'splice'])
      Object.defineProperty(full, key, Object.getOwnPropertyDescriptor(hosts, key)!); // own members of a frozen list
    expect(full.sort()).toEqual(['a', 'b']);
    // What Immer creates: a proxy that reads the list until it is changed.
    let copy: string[] | undefined;
    const draft = new Proxy<string[]>([], {
      get: (_state, key) => Reflect.get(copy ?? hosts, key) as unknown,
      has: (_state, key) => Reflect.has(copy ?? hosts, key),
      set: (_state, key, value) => Reflect.set((copy ??= hosts.slice()), key, value),
    });
    draft.reverse();
    expect([copy, hosts]).toEqual([
      ['a', 'b'],
      ['b', 'a'],
    ]);
  });

  it('is frozen too if it contains a complete copy of a list that was frozen before', () => {
    const { hosts } = freeze({ hosts: ['b', { name: 'a' }] });
    // As Hoek.clone() and klona/full copy: with members that are not enumerable, changeable or as they are.
    for (const changes of [{ writable: true, configurable: true }, {}]) {
      const copy: unknown[] = ['b', { name: 'a' }];
      for (const key of ['sort', 'reverse', 'splice'])
        Object.defineProperty(copy, key, { ...Object.getOwnPropertyDescriptor(hosts, key), ...changes });
      const config = freeze({ hosts: copy });
      expect([Object.isFrozen(config.hosts), Object.isFrozen(config.hosts[1])]).toEqual([true, true]);
      expect(() => config.hosts.reverse()).toThrow(IMMUTABLE);
    }
  });

  it('may have a list that contains itself', () => {
    const list: unknown[] = [{ a: 1 }];
    list.push(list);
    expect([freeze({ list }).list[1], Object.isFrozen(list), Object.isFrozen(list[0])]).toEqual([
      list,
      true,
      true,
    ]);
  });

  it('keeps the methods of a subclass of Array, and of lists that were frozen or have their own', () => {
    class Hosts extends Array<string> {
      override sort(): this {
        return Hosts.from(this.toSorted()) as this;
      }
    }
    const own = Object.assign(['b', 'a'], { sort: () => 'own' });
    const config = freeze({ hosts: Hosts.from(['b', 'a']), own, frozen: Object.freeze(['b', 'a']) });
    expect([[...config.hosts.sort()], config.own.sort()]).toEqual([['a', 'b'], 'own']);
    expect(() => (config.frozen as string[]).sort()).toThrow(TypeError);
  });

  it('is frozen below parts that were already frozen, but not deeply', () => {
    const inner = { list: [1] };
    freeze(Object.freeze({ inner: Object.freeze({ deeper: inner }) }));
    expect(() => inner.list.push(2)).toThrow(TypeError);
  });

  it('is frozen behind symbols and fields that are not enumerable', () => {
    const secret = Symbol('secret');
    const hidden = { n: 1 };
    const config = { [secret]: { n: 1 } };
    Object.defineProperty(config, 'hidden', { value: hidden });
    freeze(config);
    expect(() => (config[secret].n = 2)).toThrow(TypeError);
    expect(() => (hidden.n = 2)).toThrow(TypeError);
  });

  it('has frozen instances of schema classes, whose accessors and methods still work', () => {
    let reads = 0;
    class Server {
      hosts = ['a'];
      #secret = 1;
      get first() {
        reads += 1;
        return this.hosts[0];
      }
      sum() {
        return this.#secret + this.hosts.length;
      }
    }
    const config = freeze({ server: new Server() });
    expect(reads).toBe(0);
    expect(() => config.server.hosts.push('b')).toThrow(TypeError);
    expect([config.server.first, config.server.sum()]).toEqual(['a', 2]);
  });

  it('runs no own accessor of an instance', () => {
    class Lazy {}
    const instance = Object.defineProperty(new Lazy(), 'expensive', {
      get: () => expect.fail('was read'),
      enumerable: true,
    });
    expect(Object.isFrozen(freeze({ instance }).instance)).toBe(true);
  });

  it('refuses to change dates', () => {
    const { at } = freeze({ at: new Date(0) });
    expect(() => at.setTime(1)).toThrow(IMMUTABLE);
    expect(() => at.setFullYear(2000)).toThrow(IMMUTABLE);
    expect(() => at.setUTCHours(1)).toThrow(IMMUTABLE);
    expect([at.getTime(), at.toISOString()]).toEqual([0, '1970-01-01T00:00:00.000Z']);
  });

  it('refuses to change maps and sets, and what is in them', () => {
    const { map, set } = freeze({ map: new Map([[{ k: 1 }, { v: 1 }]]), set: new Set([{ m: 1 }]) });
    expect(() => map.set({ k: 2 }, { v: 2 })).toThrow(IMMUTABLE);
    expect(() => map.clear()).toThrow(IMMUTABLE);
    expect(() => map.delete([...map.keys()][0]!)).toThrow(IMMUTABLE);
    expect(() => set.add({ m: 2 })).toThrow(IMMUTABLE);
    expect(() => ([...map.keys()][0]!.k = 2)).toThrow(TypeError);
    expect(() => ([...map.values()][0]!.v = 2)).toThrow(TypeError);
    expect(() => ([...set][0]!.m = 2)).toThrow(TypeError);
    expect([map.size, set.size]).toEqual([1, 1]);
  });

  it('refuses to change URLs, and their parameters', () => {
    const { url } = freeze({ url: new URL('https://user@example.com:8080/p?a=1#h') });
    expect(() => (url.hostname = 'evil.example')).toThrow(IMMUTABLE);
    expect(() => (url.href = 'https://evil.example')).toThrow(IMMUTABLE);
    expect(() => url.searchParams.append('b', '2')).toThrow(IMMUTABLE);
    expect([url.hostname, url.port, url.searchParams.get('a')]).toEqual(['example.com', '8080', '1']);
    expect([String(url), String(new URL(url))]).toEqual([url.href, 'https://user@example.com:8080/p?a=1#h']);
  });

  it('has regular expressions that cannot change and still match', () => {
    const { once, all } = freeze({ once: /a(.)/, all: /a./g });
    expect(() => once.compile('b')).toThrow(IMMUTABLE);
    expect(() => all.compile('b')).toThrow(IMMUTABLE);
    expect(() => (once.lastIndex = 1)).toThrow(TypeError);
    expect([once.exec('xab')?.[1], 'ab ac'.replace(all, 'z'), all.test('ab')]).toEqual(['b', 'z z', true]);
  });

  describe('returns a copy of bytes at each read', () => {
    class Tls {
      key = Buffer.from('ab');
    }
    const kinds: [string, () => Bytes][] = [
      ['a Buffer', () => Buffer.from('abcdefgh')],
      ['a part of a larger Buffer', () => Buffer.from('--abcdefgh--').subarray(2, 10)],
      ['a Uint8Array', () => new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])],
      ['a Float64Array', () => new Float64Array([1.5])],
      ['a BigInt64Array', () => new BigInt64Array([7n])],
      ['a DataView', () => new DataView(new ArrayBuffer(8))],
      ['an ArrayBuffer', () => new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer],
    ];
    const bytesOf = (bytes: Bytes) =>
      bytes instanceof ArrayBuffer
        ? new Uint8Array(bytes)
        : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

    it.each(kinds)('%s', (_name, make) => {
      const given = make();
      const config = freeze({ top: given, list: [make()], deep: { map: new Map([['a', make()]]) } });
      const reads = [() => config.top, () => config.list[0]!, () => config.deep.map.get('a')!];
      for (const again of reads) {
        const before = Buffer.from(bytesOf(again())).toString('hex');
        bytesOf(again()).fill(0xff);
        expect(Buffer.from(bytesOf(again())).toString('hex')).toBe(before);
        expect(Object.getPrototypeOf(again())).toBe(Object.getPrototypeOf(given));
        expect(isSameLeaf(again(), make())).toBe(true);
      }
      bytesOf(given).fill(0xff);
      expect(isSameLeaf(config.top, make())).toBe(true);
    });

    it('that shares no memory with another', () => {
      const config = freeze({ a: Buffer.from('ab') });
      new Uint8Array(config.a.buffer).fill(0);
      expect([config.a.toString(), config.a.buffer.byteLength]).toEqual(['ab', 2]);
    });

    it('in instances of classes, whose fields stay enumerable', () => {
      const config = freeze({ tls: new Tls() });
      config.tls.key[0] = 0;
      expect(config.tls.key.toString()).toBe('ab');
      expect(Object.keys(config.tls)).toEqual(['key']);
      expect(() => (config.tls.key = Buffer.from('x'))).toThrow(TypeError);
    });

    it('in maps and sets, by every method that reads them', () => {
      const make = () => Buffer.from('ab');
      const { map, set } = freeze({ map: new Map([['a', make()]]), set: new Set([make(), 'x']) });
      const fill = (value: unknown) => void (Buffer.isBuffer(value) && value.fill(0));
      for (const [, value] of map) fill(value);
      for (const value of map.values()) fill(value);
      for (const [, value] of map.entries()) fill(value);
      map.forEach(fill);
      fill(map.get('a'));
      for (const value of set) fill(value);
      for (const value of set.keys()) fill(value);
      for (const [key, value] of set.entries()) [key, value].forEach(fill);
      set.forEach(fill);
      fill(new Map(map).get('a'));
      expect([...map]).toEqual([['a', make()]]);
      expect([...set]).toEqual([make(), 'x']);
      expect([map.size, set.size, map.has('a'), set.has('x')]).toEqual([1, 2, true, true]);
      expect(() => map.set('b', make())).toThrow(IMMUTABLE);
      expect(() => set.add('b')).toThrow(IMMUTABLE);
    });

    it('that are not those in the map or set it was given', () => {
      const given = Buffer.from('ab');
      const config = freeze({ map: new Map([['a', given]]), set: new Set([given]) });
      given.fill(0);
      expect([...config.map.values(), ...config.set]).toEqual([Buffer.from('ab'), Buffer.from('ab')]);
    });

    it('to the function of forEach() too, with the key and the map or set itself', () => {
      const { map, set } = freeze({
        map: new Map([['a', Buffer.from('ab')]]),
        set: new Set([Buffer.from('c')]),
      });
      const calls: unknown[] = [];
      map.forEach((value, key, all) => calls.push([String(value), key, all === map]));
      set.forEach((value, key, all) => calls.push([String(value), String(key), all === set]));
      expect(calls).toEqual([
        ['ab', 'a', true],
        ['c', 'c', true],
      ]);
    });

    it('at every place of an object that a schema has frozen before', () => {
      const shared = Object.freeze({ key: Buffer.from('ab') });
      const freezer = new Freezer();
      const config = freezer.freeze({ first: shared, second: shared });
      const later = freezer.freeze({ third: shared });
      for (const { key } of [config.first, config.second, later.third]) key.fill(0);
      const keys = [config.first, config.second, later.third].map(({ key }) => String(key));
      expect(keys).toEqual(['ab', 'ab', 'ab']);
    });

    it('but not in an instance that was frozen before, which stays an instance', () => {
      const tls = Object.freeze(new Tls());
      expect(freeze({ tls }).tls).toBe(tls);
    });

    it('in objects and lists that a schema has frozen before', () => {
      const config = freeze({ inner: Object.freeze({ list: Object.freeze([Buffer.from('ab')]), n: 1 }) });
      config.inner.list[0]![0] = 0;
      expect(config).toEqual({ inner: { list: [Buffer.from('ab')], n: 1 } });
      expect([Object.isFrozen(config.inner), Object.isFrozen(config.inner.list)]).toEqual([true, true]);
    });

    it('in a configuration that another app has frozen', () => {
      const config = freeze({ a: Buffer.from('ab'), map: new Map([['a', Buffer.from('ab')]]) });
      expect(freeze(config)).toBe(config);
      config.a.fill(0);
      config.map.get('a')!.fill(0);
      expect([config.a.toString(), config.map.get('a')!.toString()]).toEqual(['ab', 'ab']);
    });

    it('and can be compared, copied and serialised', () => {
      const config = freeze({ a: Buffer.from('ab'), b: [new Uint8Array([1])] });
      expect(config).toEqual({ a: Buffer.from('ab'), b: [new Uint8Array([1])] });
      expect(structuredClone(config)).toMatchObject({ b: [new Uint8Array([1])] });
      expect(JSON.parse(JSON.stringify(config))).toMatchObject({ a: { type: 'Buffer', data: [97, 98] } });
      expect({ ...config }.a.toString()).toBe('ab');
      const next = { a: Buffer.from('ab'), b: [new Uint8Array([1])] };
      expect(diff(config, next)).toEqual([]);
      expect(shareUnchanged(config, next)).toBe(config);
      expect(diff(config, { ...next, a: Buffer.from('ac') }).map(({ path }) => path)).toEqual(['a']);
      expect(new ContentHasher().hash(config)).toBe(new ContentHasher().hash(next));
    });
  });

  it('gives values of other kinds no members of its own', () => {
    const { at, size, list } = freeze({ at: new Date(0), size: new Intl.NumberFormat('en'), list: [] });
    expect([at, size, list].map((value) => Object.keys(value))).toEqual([[], [], []]);
    expect(Object.getOwnPropertyNames(size)).toEqual([]);
  });

  it('leaves functions as they are', () => {
    expect(Object.isFrozen(freeze({ run: () => 1 }).run)).toBe(false);
  });

  it('accepts dates and maps that were frozen or sealed before', () => {
    const config = {
      at: Object.freeze(new Date(0)),
      map: Object.preventExtensions(new Map([['a', { b: 1 }]])),
    };
    freeze(config);
    expect(Object.isFrozen(config.map)).toBe(true);
    expect(() => (config.map.get('a')!.b = 2)).toThrow(TypeError);
  });

  it('may contain itself', () => {
    const config: Record<string, unknown> = { map: new Map() };
    config.self = config;
    (config.map as Map<string, unknown>).set('config', config.map);
    expect(Object.isFrozen(freeze(config))).toBe(true);
  });

  it('is returned, scalars too', () => {
    const config = { a: 1 };
    expect([freeze(config) === config, freeze(1), freeze(null), freeze(undefined)]).toEqual([
      true,
      1,
      null,
      undefined,
    ]);
  });
});
