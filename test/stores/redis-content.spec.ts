import { createHash } from 'node:crypto';
import { redisStore } from 'nestjs-hot-config/stores/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RedisStoreOptions, StoreEntry } from '../../lib/stores/redis/index.js';
import { isMissing } from '../support/programs.js';
import { RedisServer } from '../support/redis-server.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

describe.skipIf(isMissing('redis-server'))('what redisStore() keeps in Redis', () => {
  it('reads a value that redis-cli has set from a file', async () => {
    const { redis, store } = await start();
    await redis.server.setFromFile('hot-config/app.yaml', 'greeting: größer\n');
    expect((await store.get('app.yaml'))?.value).toBe('greeting: größer\n');
  });

  it('writes plain strings, which redis-cli shows', async () => {
    const { redis, store } = await start();
    await store.put('app.yaml', 'greeting: hello');
    expect(await redis.cli('GET', 'hot-config/app.yaml')).toBe('greeting: hello');
  });

  it('gives a value that was set by hand the revision that a write of it has', async () => {
    const { redis, store } = await start();
    const written = await store.put('app.yaml', 'a');
    await redis.cli('SET', 'hot-config/other.yaml', 'a');
    expect((await store.get('other.yaml'))?.revision).toBe((written as { revision: string }).revision);
  });

  it('does not make the revision from the value alone, so that nobody can guess it', async () => {
    const [first, second] = [await start(), await start()];
    const revisions = [await revisionOf(first.store, 'password'), await revisionOf(second.store, 'password')];
    expect(revisions[0]).not.toBe(revisions[1]);
    for (const algorithm of ['sha1', 'sha256', 'md5'])
      expect(revisions).not.toContain(createHash(algorithm).update('password').digest('hex'));
  });

  it('detects with a condition that a value was changed by hand', async () => {
    const { redis, store } = await start();
    const revision = await revisionOf(store, 'a');
    await redis.cli('SET', 'hot-config/app.yaml', 'by hand');
    expect(await store.put('app.yaml', 'b', { if: { revision } })).toEqual({ outcome: 'conflict' });
    expect(await redis.cli('GET', 'hot-config/app.yaml')).toBe('by hand');
  });

  it('lists no keys of its own, no keys of others, and a key that was set by hand after a write of it', async () => {
    const { redis, store } = await start();
    const session = await store.session(5_000);
    await store.put('a', '1');
    await store.put('b', '2', { session });
    await redis.cli('SET', 'hot-config/c', '3');
    await redis.cli('SET', 'session:42', 'of the app');
    expect((await store.list('')).entries.map(({ key }) => key)).toEqual(['a', 'b']);
    const byHand = await store.get('c');
    await store.put('c', '3', { if: { revision: byHand!.revision } });
    expect((await store.list('')).entries.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    await session.close();
  });

  it('lists no key that was deleted by hand, and forgets it', async () => {
    const { redis, store } = await start();
    for (const key of ['a', 'b', 'c']) await store.put(key, key);
    await redis.cli('DEL', 'hot-config/b');
    expect(keysOf(await store.list('', { limit: 2 }))).toEqual(['a', 'c']);
    expect(await redis.cli('ZCARD', 'hot-config/\u0001keys')).toBe('2');
  });

  it('lists thousands of keys in pages, each of them once and in order', async () => {
    const { redis, store } = await start();
    const keys = Array.from({ length: 2_500 }, (_, index) => `k${String(index).padStart(5, '0')}`);
    const results = await Promise.all(keys.map((key) => store.put(key, 'value')));
    expect(results.filter(({ outcome }) => outcome === 'done')).toHaveLength(keys.length);
    const deleted = keys.filter((_, index) => index % 3 === 0).map((key) => `hot-config/${key}`);
    await redis.cli('DEL', ...deleted);
    const listed: string[] = [];
    for (let more = true; more;) {
      const page = await store.list('k', { limit: 100, after: listed.at(-1) ?? '' });
      listed.push(...keysOf(page));
      ({ more } = page);
    }
    expect(listed).toEqual(keys.filter((_, index) => index % 3 !== 0));
  });

  it('keeps stores with different prefixes, and databases, apart', async () => {
    const { redis, store } = await start();
    const others = [
      redis.open({ prefix: 'other/' }),
      redis.open({ url: `${redis.server.url}/2` }),
      redis.open({ prefix: '' }),
    ];
    const heard: string[] = [];
    const subscribed = await redis.listens(store, heard);
    for (const other of others) {
      await other.put('a', 'other');
      expect((await other.get('a'))?.value).toBe('other');
    }
    expect(await store.get('a')).toBeUndefined();
    await store.put('last', 'x');
    await until('the message of the store has arrived', () => heard.includes('last'));
    expect(new Set(heard)).toEqual(new Set([subscribed, 'last']));
  });

  it.each([
    ['is not a string', ['LPUSH', 'hot-config/app.yaml', 'a'], 'has a value that is not a string'],
    ['is longer than 4 MiB', ['SETRANGE', 'hot-config/app.yaml', '4194304', 'x'], 'longer than 4 MiB'],
  ])('refuses a value that %s', async (_what, command, message) => {
    const { redis, store } = await start();
    await redis.cli(...command);
    const failing = expect.objectContaining({
      name: 'ConfigStoreError',
      failure: 'unusable',
      message: expect.stringContaining(message) as string,
    }) as Error;
    await expect(store.get('app.yaml')).rejects.toEqual(failing);
    await expect(store.put('app.yaml', 'b', { if: { revision: 'x' } })).rejects.toEqual(failing);
    expect(await store.put('app.yaml', 'b')).toMatchObject({ outcome: 'done' });
  });

  it('refuses a value that is not UTF-8', async () => {
    const { redis, store } = await start();
    await redis.server.setFromFile('hot-config/app.yaml', Buffer.from([0x61, 0xff, 0x62]));
    await expect(store.get('app.yaml')).rejects.toMatchObject({ failure: 'unusable' });
  });

  it('writes no value that it would refuse to read', async () => {
    const { redis, store } = await start();
    const longest = 'x'.repeat(4 * 1024 * 1024);
    expect(await store.put('app.yaml', longest)).toMatchObject({ outcome: 'done' });
    expect((await store.get('app.yaml'))?.value).toBe(longest);
    await expect(store.put('app.yaml', `${longest}x`)).rejects.toMatchObject({ failure: 'unusable' });
    expect(await redis.cli('STRLEN', 'hot-config/app.yaml')).toBe(String(longest.length));
  });

  it('works on after Redis has forgotten its scripts', async () => {
    const { redis, store } = await start();
    await store.put('app.yaml', 'a');
    await redis.cli('SCRIPT', 'FLUSH');
    expect((await store.get('app.yaml'))?.value).toBe('a');
    await redis.cli('SCRIPT', 'FLUSH');
    expect(await store.put('app.yaml', 'b')).toMatchObject({ outcome: 'done' });
  });
});

describe.skipIf(isMissing('redis-server'))('a message of redisStore()', () => {
  it('has the entry that was written', async () => {
    const { redis, store, other } = await start();
    const entries: (StoreEntry | undefined)[] = [];
    await redis.listens(store, [], entries);
    const { revision } = (await other.put('app.yaml', 'ü\n\n')) as { revision: string };
    await until('the message has arrived', () => entries.some((entry) => entry?.key === 'app.yaml'));
    expect(entries.at(-1)).toEqual({ key: 'app.yaml', value: 'ü\n\n', revision });
  });

  it('is only the key if the value is long, or was deleted', async () => {
    const { redis, store, other } = await start();
    const [keys, entries]: [string[], (StoreEntry | undefined)[]] = [[], []];
    await redis.listens(store, keys, entries);
    await other.put('long', 'x'.repeat(20_000));
    await other.put('long', undefined);
    await until('both have arrived', () => keys.filter((key) => key === 'long').length === 2);
    expect(entries.slice(-2)).toEqual([undefined, undefined]);
  });

  it('can be sent by hand after a SET', async () => {
    const { redis, store } = await start();
    const keys: string[] = [];
    await redis.listens(store, keys);
    await redis.cli('PUBLISH', 'hot-config/changes/0', 'by-hand.yaml');
    await expect.poll(() => keys).toContain('by-hand.yaml');
  });

  it('of no known form does no harm', async () => {
    const { redis, store } = await start();
    const keys: string[] = [];
    await redis.listens(store, keys);
    for (const message of ['', '\n', '\n\n', 'a\nb', 'k\nr\nv'])
      await redis.cli('PUBLISH', 'hot-config/changes/0', message);
    await redis.server.setFromFile('bytes', Buffer.from('bytes\nr\n\xff', 'latin1'));
    await redis.cli(
      'EVAL',
      `return redis.call('PUBLISH', ARGV[1], redis.call('GET', KEYS[1]))`,
      '1',
      'bytes',
      'hot-config/changes/0',
    );
    await until('the last one has arrived', () => keys.includes('bytes'));
    expect(await store.get('a')).toBeUndefined();
  });
});

describe.skipIf(isMissing('redis-server'))('a session of redisStore()', () => {
  it('ends when the store cannot reach Redis for its ttl, and its keys end too', async () => {
    const redis = await RedisServer.start();
    const proxy = await startTcpProxy(redis.port);
    const cutOff = open(redis, { url: `redis://127.0.0.1:${proxy.port}` });
    const session = await cutOff.session(1_000);
    await cutOff.put('instance', 'a', { session });
    proxy.isSilent = true;
    await until('the session has ended here', () => session.ended.aborted);
    expect(session.ended.reason).toMatchObject({ name: 'ConfigStoreError', failure: 'timeout' });
    const store = open(redis);
    await until('the key has gone', async () => (await store.get('instance')) === undefined);
    await until('nothing is left of it', async () => (await redis.cli('KEYS', '*owner*')) === '');
    expect(await redis.cli('KEYS', '*session*')).toBe('');
  });

  it('ends when Redis has lost it', async () => {
    const { redis, store } = await start();
    const session = await store.session(1_000);
    await redis.cli('FLUSHALL');
    await until('it has ended', () => session.ended.aborted);
    expect(session.ended.reason).toMatchObject({ failure: 'refused' });
  });

  it('survives an outage that is shorter than its ttl', async () => {
    const { redis, store, other } = await start();
    const session = await store.session(20_000);
    await store.put('instance', 'a', { session });
    await redis.server.process.kill();
    await redis.server.process.start();
    expect((await other.get('instance'))?.value).toBe('a');
    expect(session.ended.aborted).toBe(false);
    await session.close();
    expect(await other.get('instance')).toBeUndefined();
  });

  it('leaves a key that another session has taken, also with the same value', async () => {
    const { store, other } = await start();
    const [first, second] = [await store.session(1_000), await other.session(60_000)];
    await store.put('lock', 'a', { session: first });
    await other.put('lock', 'a', { session: second });
    await first.close();
    expect((await other.get('lock'))?.value).toBe('a');
    await second.close();
    expect(await store.get('lock')).toBeUndefined();
  });

  it('leaves a key that was set by hand, and does not let it expire', async () => {
    const { redis, store } = await start();
    const session = await store.session(5_000);
    await store.put('app.yaml', 'a', { session });
    await redis.cli('SET', 'hot-config/app.yaml', 'by hand');
    await session.close();
    expect((await store.get('app.yaml'))?.value).toBe('by hand');
    expect(await redis.cli('PTTL', 'hot-config/app.yaml')).toBe('-1');
  });
});

type Store = ReturnType<typeof redisStore>;

function open(server: RedisServer, options: Partial<RedisStoreOptions> = {}): Store {
  const store = redisStore({ url: server.url, timeout: 20_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

async function start() {
  const server = await RedisServer.start();
  const store = open(server);
  return {
    store,
    other: open(server),
    redis: {
      server,
      open: (options: Partial<RedisStoreOptions>) => open(server, options),
      cli: (...command: readonly string[]) => server.cli(...command),
      /** Watches, and resolves when messages arrive. Returns the key of the first one. */
      listens: async (watching: Store, keys: string[], entries: (StoreEntry | undefined)[] = []) => {
        const changed = (key: string, entry?: StoreEntry) => void (keys.push(key), entries.push(entry));
        watching.watch('', { changed, lost: () => undefined, restored: () => undefined });
        await until('it is subscribed', async () => {
          const told = await server.cli('PUBLISH', 'hot-config/changes/0', 'first');
          return told !== '0';
        });
        await until('the first message has arrived', () => keys.includes('first'));
        return 'first';
      },
    },
  };
}

async function revisionOf(store: Store, value: string): Promise<string> {
  return ((await store.put('app.yaml', value)) as { revision: string }).revision;
}

function keysOf({ entries }: { readonly entries: readonly StoreEntry[] }): string[] {
  return entries.map(({ key }) => key);
}
