import { describe, expect, it } from 'vitest';
import { Freezer } from '../../lib/snapshot/freeze.js';

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
    expect([once.exec('xab')?.[1], 'ab ac'.replace(all, 'z'), all.test('ab')]).toEqual(['b', 'z z', true]);
  });

  it('leaves bytes and functions as they are: they cannot be protected', () => {
    const given = { buffer: Buffer.from('ab'), bytes: new ArrayBuffer(2), run: () => 1 };
    const config = freeze(given);
    config.buffer[0] = 0x63;
    expect(config.buffer.toString()).toBe('cb');
    expect(Object.isFrozen(config.run)).toBe(false);
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
