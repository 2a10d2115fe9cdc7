import { describe, expect, it } from 'vitest';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { Snapshot } from '../../lib/snapshot/snapshot.js';
import { collectGarbage } from '../support/collect-garbage.js';

function snapshotOf<T extends object>(value: T): Snapshot<T> {
  return new Snapshot({
    version: 1,
    hash: 'abc',
    time: new Date(),
    cause: 'boot',
    value: new Freezer().freeze(value),
  });
}

describe('A snapshot', () => {
  const { get, has } = (() => {
    const snapshot = snapshotOf({
      llm: { model: 'small', retries: 0, name: '', enabled: false, key: null, gone: undefined },
      servers: [{ host: 'a', ports: [80, 443] }, { host: 'b' }],
      modules: {
        'npc.dialogue': { voice: 'deep' },
        'with "quotes"': 1,
        "it's": 2,
        '': 3,
        '[0]': 4,
        'a b': 5,
      },
      'llm.model': undefined,
      'literal.key': 'literal',
      literal: { key: 'nested' },
      endpoint: new URL('https://example.com/path'),
      table: new Map([['a', 1]]),
      bytes: Buffer.from('xyz'),
    });
    return { get: (path: string) => snapshot.get(path), has: (path: string) => snapshot.has(path) };
  })();

  it.each([
    ['llm.model', 'small'],
    ['servers.1.host', 'b'],
    ['servers[1].host', 'b'],
    ['servers[0].ports[1]', 443],
    ['servers.0["host"]', 'a'],
    ["modules['npc.dialogue'].voice", 'deep'],
    ['modules["npc.dialogue"]["voice"]', 'deep'],
    ['modules[npc.dialogue].voice', 'deep'],
    [`modules['with "quotes"']`, 1],
    ["modules['it\\'s']", 2],
    ['modules["it\'s"]', 2],
    ["modules['']", 3],
    ["modules['[0]']", 4],
    ['modules.a b', 5],
  ])('finds %s', (path, expected) => {
    expect(get(path)).toBe(expected);
    expect(has(path)).toBe(true);
  });

  it.each([
    '',
    'missing',
    'llm.missing.deeper',
    'llm.model.length',
    'servers.2',
    'servers.-1',
    'servers.x',
    '.llm',
    'llm.',
    'llm..model',
    'llm[',
    'llm[]',
    "llm['model",
    'servers.[0]',
    'llm.gone',
  ])('has nothing at %j', (path) => {
    expect(get(path)).toBeUndefined();
    expect(has(path)).toBe(false);
  });

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'constructor.name',
    '__proto__.toString',
  ])('never returns an inherited member: %s', (name) => {
    for (const path of [name, `llm.${name}`, `servers.${name}`, `endpoint.${name}`, `llm.model.${name}`])
      expect(get(path)).toBeUndefined();
    expect(get('servers.map')).toBeUndefined();
  });

  it('prefers a key that contains dots to the path it looks like', () => {
    expect(get('literal.key')).toBe('literal');
    expect(get("literal['key']")).toBe('nested');
    expect(get('llm.model')).toBe('small');
  });

  it('reports the length of an array, as @nestjs/config does', () => {
    expect(get('servers.length')).toBe(2);
  });

  it('has nothing below a value that is one as a whole', () => {
    expect(get('endpoint')).toEqual(new URL('https://example.com/path'));
    for (const path of ['endpoint.href', 'table.size', 'table.a', 'bytes.0', 'bytes.length'])
      expect(get(path)).toBeUndefined();
  });

  it('distinguishes null, 0, false and the empty string from a missing value', () => {
    expect([get('llm.key'), get('llm.retries'), get('llm.enabled'), get('llm.name')]).toEqual([
      null,
      0,
      false,
      '',
    ]);
    for (const path of ['llm.key', 'llm.retries', 'llm.enabled', 'llm.name']) expect(has(path)).toBe(true);
  });

  it('returns the same value at every read', () => {
    for (const path of ['servers', 'servers.0.ports', 'modules', 'table']) expect(get(path)).toBe(get(path));
  });

  it('reads accessors of a schema class, its own and inherited ones, and not its methods', () => {
    class Base {
      host = 'example.com';
      get url() {
        return `https://${this.host}`;
      }
      close() {}
      set secret(_value: string) {}
    }
    class Server extends Base {
      readonly #weight = 3;
      get weight() {
        return this.#weight;
      }
    }
    const snapshot = snapshotOf({ server: new Server() });
    expect(snapshot.get('server.url')).toBe('https://example.com');
    expect(snapshot.get('server.weight')).toBe(3);
    for (const name of ['close', 'secret', 'constructor', 'toString'])
      expect(snapshot.get(`server.${name}`)).toBeUndefined();
  });

  it('does not cache what an accessor creates: a caller that changes it affects no other', () => {
    class Cluster {
      hosts = ['b', 'a'];
      get all() {
        return [...this.hosts];
      }
    }
    const snapshot = snapshotOf({ cluster: new Cluster() });
    (snapshot.get('cluster.all') as string[]).push('mine');
    expect(snapshot.get('cluster.all')).toEqual(['b', 'a']);
  });

  it('stays correct however many paths are read', () => {
    const members = Object.fromEntries(Array.from({ length: 12_000 }, (_, at) => [`k${at}`, at]));
    const snapshot = snapshotOf(members);
    const wrong = [...Object.keys(members), ...Object.keys(members)].filter(
      (name) => snapshot.get(name) !== members[name] || snapshot.has(`missing.${name}`),
    );
    expect(wrong).toEqual([]);
    expect(snapshot.get('k11999')).toBe(11_999);
  });

  it('remembers only a limited number of paths without a value', async () => {
    const snapshot = snapshotOf({ a: 1 });
    await collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < 20_000; at += 1) snapshot.get(`${'x'.repeat(1_000)}${at}`);
    await collectGarbage();
    // Remembered, they would be 20 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2_000_000);
    expect(snapshot.get('a')).toBe(1);
  });
});
