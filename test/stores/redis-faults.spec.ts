import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { queryObjects } from 'node:v8';
import { redisStore } from 'nestjs-hot-config/stores/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RedisStoreOptions } from '../../lib/stores/redis/index.js';
import { ChildApp } from '../support/child-app.js';
import { isMissing } from '../support/programs.js';
import { RedisServer } from '../support/redis-server.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const isSkipped = isMissing('redis-server');

describe.skipIf(isSkipped)('redisStore() on a broken network', () => {
  it('does not know whether a write was done whose answer is late', async () => {
    const { redis, store, proxy } = await startBehindProxy();
    await store.put('app.yaml', 'before');
    proxy.delayMs = 3_000;
    expect(await store.put('app.yaml', 'after')).toEqual({
      outcome: 'unknown',
      reason: `redis 127.0.0.1:${proxy.port} has not answered within 1000 ms`,
    });
    await until('it was done', async () => (await redis.cli('GET', 'hot-config/app.yaml')) === 'after');
  });

  it('knows that a write was not done that it could not send', async () => {
    const { redis, store, proxy } = await startBehindProxy();
    proxy.isRefusing = true;
    await expect(store.put('app.yaml', 'a')).rejects.toMatchObject({ failure: 'unreachable' });
    expect(await redis.cli('EXISTS', 'hot-config/app.yaml')).toBe('0');
  });

  it('does not wait for the connection that was silent once the network is back', async () => {
    const { store, proxy } = await startBehindProxy();
    await store.put('app.yaml', 'a');
    proxy.isSilent = true;
    await expect(store.get('app.yaml')).rejects.toMatchObject({ failure: 'timeout' });
    const accepted = proxy.accepted;
    proxy.isSilent = false;
    expect((await store.get('app.yaml'))?.value).toBe('a');
    expect(proxy.accepted).toBe(accepted + 1);
  });

  it.each<[string, (proxy: TcpProxy) => void, (proxy: TcpProxy) => void]>([
    ['cut', (proxy) => proxy.cut(), () => undefined],
    ['half-closed by the server', (proxy) => proxy.halfClose(), () => undefined],
    ['silent', (proxy) => (proxy.isSilent = true), (proxy) => (proxy.isSilent = false)],
    [
      'refused again and again',
      (proxy) => {
        proxy.isRefusing = true;
        proxy.cut();
      },
      (proxy) => (proxy.isRefusing = false),
    ],
  ])('tells the watches once, and listens again, after the connection was %s', async (_fault, fail, heal) => {
    const { redis, store, proxy } = await startBehindProxy();
    const events: string[] = [];
    store.watch('', {
      changed: (key) => events.push(key),
      lost: (error) => events.push(error.failure === 'timeout' ? 'lost' : `lost: ${error.failure}`),
      restored: () => events.push('restored'),
    });
    await isSubscribed(redis, 'first');
    await until('it has heard', () => events.includes('first'));
    fail(proxy);
    await until('it is told', () => events.length > 1);
    heal(proxy);
    await until('it is told again', () => events.includes('restored'));
    await isSubscribed(redis, 'second');
    await until('it has heard again', () => events.includes('second'));
    expect(events).toEqual(['first', expect.stringMatching(/^lost/), 'restored', 'second']);
    await until('calls work', () =>
      store.get('a').then(
        () => true,
        () => false,
      ),
    );
  });

  it('tells a watch that is opened without a server', async () => {
    const { redis, store, proxy } = await startBehindProxy();
    proxy.isRefusing = true;
    const events: string[] = [];
    const handle = store.watch('', {
      changed: (key) => events.push(key),
      lost: (error) => events.push(error.failure),
      restored: () => events.push('restored'),
    });
    await until('it is told', () => events.length > 0);
    proxy.isRefusing = false;
    await isSubscribed(redis, 'first');
    await until('it has heard', () => events.includes('first'));
    expect(events).toEqual(['unreachable', 'restored', 'first']);
    await handle.close();
  });
});

describe.skipIf(isSkipped)('redisStore() and a server in trouble', () => {
  it('says that the memory is full, and still reads and deletes', async () => {
    const { redis, store } = await start();
    await store.put('app.yaml', 'a');
    await redis.cli('CONFIG', 'SET', 'maxmemory', '1');
    await expect(store.put('app.yaml', 'b')).rejects.toMatchObject({ failure: 'full' });
    expect((await store.get('app.yaml'))?.value).toBe('a');
    expect((await store.list('')).entries).toHaveLength(1);
    expect(await store.put('app.yaml', undefined)).toEqual({ outcome: 'done' });
  });

  it('says that the disk cannot be written to, and still reads', async () => {
    const { redis, store } = await start(['--appendonly', 'no', '--save', '3600 1']);
    await store.put('app.yaml', 'a');
    rmSync(redis.folder, { recursive: true });
    await redis.cli('BGSAVE');
    await until('Redis has noticed', async () =>
      (await redis.cli('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'),
    );
    await expect(store.put('app.yaml', 'b')).rejects.toMatchObject({ failure: 'full' });
    expect((await store.get('app.yaml'))?.value).toBe('a');
  });

  it('says that there are too many clients', async () => {
    const { redis, store } = await start();
    await store.get('a');
    await redis.cli('CONFIG', 'SET', 'maxclients', '1');
    for (let index = 0; index < 10; index += 1)
      await expect(open(redis).get('a')).rejects.toThrow('has as many clients as it allows');
  });

  it('shows the content of a backup that was restored, and conflicts with what was written after it', async () => {
    const { redis, store } = await start(['--appendonly', 'no']);
    const before = await revisionOf(store, 'of the backup');
    await redis.cli('SAVE');
    const [dump, backup] = [join(redis.folder, 'dump.rdb'), join(redis.folder, 'backup.rdb')];
    copyFileSync(dump, backup);
    const after = await revisionOf(store, 'after it');
    await redis.process.kill();
    copyFileSync(backup, dump);
    await redis.process.start();
    expect(await store.get('app.yaml')).toEqual({
      key: 'app.yaml',
      value: 'of the backup',
      revision: before,
    });
    expect(await store.put('app.yaml', 'next', { if: { revision: after } })).toEqual({ outcome: 'conflict' });
    expect(await store.put('app.yaml', 'next', { if: { revision: before } })).toMatchObject({
      outcome: 'done',
    });
  });

  it('starts anew after FLUSHALL, on the same connection', async () => {
    const { redis, store } = await start();
    const revision = await revisionOf(store, 'a');
    await redis.cli('FLUSHALL');
    expect(await store.get('app.yaml')).toBeUndefined();
    expect(await store.put('app.yaml', 'b', { if: { revision } })).toEqual({ outcome: 'conflict' });
    expect(await store.put('app.yaml', 'b', { if: 'absent' })).toMatchObject({ outcome: 'done' });
    expect((await store.list('')).entries.map(({ value }) => value)).toEqual(['b']);
  });
});

describe.skipIf(isSkipped)('connections of redisStore()', () => {
  it('are two for 1,000 watches and many calls, and none after the last watch', async () => {
    const { redis, store } = await start();
    const heard = new Set<number>();
    const handles = Array.from({ length: 1_000 }, (_, index) =>
      store.watch(`key ${index}`, {
        changed: () => heard.add(index),
        lost: () => undefined,
        restored: () => undefined,
      }),
    );
    await isSubscribed(redis, 'first');
    await Promise.all(handles.map((_, index) => store.put(`key ${index}`, 'value')));
    await until('each of them has heard', () => heard.size === 1_000);
    expect(await connectionsOf(redis)).toBe(2);
    for (const handle of handles) await handle.close();
    await until('none is left', async () => (await connectionsOf(redis)) === 0);
    expect((await store.get('key 1'))?.value).toBe('value');
  });

  it('keep nothing of each time that a watch has asked whether they are alive', async () => {
    const { redis } = await start();
    const store = open(redis, { timeout: 40 }); // asks again after 40 to 80 ms
    store.watch('', { changed: () => undefined, lost: () => undefined, restored: () => undefined });
    const asked = async () =>
      Number(/cmdstat_ping:calls=(\d+)/.exec(await redis.cli('INFO', 'commandstats'))?.[1]);
    const untilAsked = async (times: number) => {
      const before = await asked();
      await until('it has asked', async () => (await asked()) >= before + times);
      return queryObjects(Promise, { format: 'count' });
    };
    const before = await untilAsked(5);
    expect((await untilAsked(40)) - before).toBeLessThan(20);
  });

  it.each([
    ['a read', {}],
    ['its last watch', { WATCHES: '1' }],
    ['a read, although there are a watch and a session', { KEEPS: '1' }],
  ])('do not keep the process after %s', async (_what, env) => {
    const { redis, store } = await start();
    await store.put('app.yaml', 'a');
    const app = await ChildApp.run('redis-store', new TempFolder().path, { STORE_URL: redis.url, ...env });
    if ('WATCHES' in env) await isSubscribed(redis, 'told');
    expect(await app.ended).toBe(0);
    expect(app.lines).toEqual([...('WATCHES' in env ? ['heard of told'] : []), 'read a']);
  });
});

function open(server: RedisServer, options: Partial<RedisStoreOptions> = {}) {
  const store = redisStore({ url: server.url, ...options });
  onTestFinished(() => store.close());
  return store;
}

async function start(args: readonly string[] = []) {
  const redis = await RedisServer.start(args);
  return { redis, store: open(redis) };
}

async function startBehindProxy() {
  const redis = await RedisServer.start();
  const proxy = await startTcpProxy(redis.port);
  return { redis, proxy, store: open(redis, { url: `redis://127.0.0.1:${proxy.port}`, timeout: 1_000 }) };
}

/** Sends a message as soon as there is a listener. */
async function isSubscribed(redis: RedisServer, message: string): Promise<void> {
  await until(
    'there is a listener',
    async () => (await redis.cli('PUBLISH', 'hot-config/changes/0', message)) !== '0',
  );
}

async function connectionsOf(redis: RedisServer): Promise<number> {
  const clients = await redis.cli('CLIENT', 'LIST');
  return clients.split('\n').filter((client) => client.includes('name=nestjs-hot-config')).length;
}

async function revisionOf(store: ReturnType<typeof redisStore>, value: string): Promise<string> {
  return ((await store.put('app.yaml', value)) as { revision: string }).revision;
}
