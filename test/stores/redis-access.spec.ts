import { inspect } from 'node:util';
import { redisStore } from 'nestjs-hot-config/stores/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RedisStoreOptions } from '../../lib/stores/redis/index.js';
import { freePort } from '../support/free-port.js';
import { makeCertificates } from '../support/certificates.js';
import { isMissing } from '../support/programs.js';
import { RedisServer } from '../support/redis-server.js';
import { TempFolder } from '../support/temp-folder.js';

/** The permissions that the documentation tells an operator to give. */
const RULES =
  '~hot-config/* &hot-config/changes/0 +evalsha +eval +get +set +strlen +exists +del +zadd +zrem +zrangebylex +sadd ' +
  '+srem +smembers +pexpire +pttl +publish +subscribe +ping';

describe.skipIf(isMissing('redis-server'))('access of redisStore()', () => {
  it('tells that Redis wants a password', async () => {
    const { redis, open } = await start();
    await redis.cli('CONFIG', 'SET', 'requirepass', 'correct-horse');
    await expect(open().get('a')).rejects.toMatchObject({ failure: 'denied' });
    await expect(open().get('a')).rejects.toThrow(/^redis 127\.0\.0\.1:\d+ wants a password/);
  });

  it('does not show a wrong password', async () => {
    const { redis, open, folder } = await start();
    await redis.cli('CONFIG', 'SET', 'requirepass', 'correct-horse');
    const password = { file: folder.write('password', 'wrong-battery\n') };
    const error: unknown = await open({ password })
      .get('a')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ConfigStoreError', failure: 'denied' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('battery');
  });

  it('reads the password again for a new connection, so that a new one is used', async () => {
    const { redis, open, folder } = await start();
    await redis.cli('ACL', 'SETUSER', 'app', 'on', '>first', 'allkeys', 'allchannels', '+@all');
    const password = { file: folder.write('password', 'first') };
    const store = open({ username: 'app', password });
    await store.put('a', '1');
    await redis.cli('ACL', 'DELUSER', 'app');
    await redis.cli('ACL', 'SETUSER', 'app', 'on', '>second', 'allkeys', 'allchannels', '+@all');
    await expect(store.get('a')).rejects.toThrow(/has closed the connection|does not accept/);
    folder.replace('password', 'second');
    expect((await store.get('a'))?.value).toBe('1');
  });

  it('tells that the file with the password cannot be read, as an error of the store', async () => {
    const { open, folder } = await start();
    const error: unknown = await open({ password: { file: folder.file('missing') } })
      .get('a')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ConfigStoreError', failure: 'denied' });
    expect(String(error)).toContain('option "password") does not exist');
  });

  it('needs no more than the documented permissions', async () => {
    const { redis, open, folder } = await start();
    await redis.cli('ACL', 'SETUSER', 'app', 'on', '>secret', ...RULES.split(' '));
    const store = open({ username: 'app', password: { file: folder.write('password', 'secret') } });
    const session = await store.session(1_000);
    await store.put('a', '1', { session });
    await store.put('b', '2', { if: 'absent' });
    expect((await store.list('')).entries).toHaveLength(2);
    await store.put('b', undefined);
    const heard: string[] = [];
    const handle = store.watch('', {
      changed: (key) => heard.push(key),
      lost: (error) => heard.push(String(error)),
      restored: () => undefined,
    });
    await expect.poll(() => redis.cli('PUBLISH', 'hot-config/changes/0', 'told')).toBe('1');
    await expect.poll(() => heard).toEqual(['told']);
    await session.close();
    await handle.close();
    expect(await store.get('a')).toBeUndefined();
    expect(await redis.cli('ACL', 'LOG')).toBe('');
  });

  it.each(['publish', 'set', 'zadd'])(
    'writes nothing if the permission for %s is missing',
    async (command) => {
      const { redis, open, folder } = await start();
      await redis.cli('SET', 'hot-config/a', 'before');
      await redis.cli('ACL', 'SETUSER', 'app', 'on', '>secret', ...RULES.split(' '), `-${command}`);
      const store = open({ username: 'app', password: { file: folder.write('password', 'secret') } });
      await expect(store.put('a', 'after')).rejects.toMatchObject({ failure: 'denied' });
      expect(await redis.cli('GET', 'hot-config/a')).toBe('before');
    },
  );

  it('does not read from a replica', async () => {
    const [{ redis: master }, { redis: replica, open }] = [await start(), await start()];
    await replica.cli('REPLICAOF', '127.0.0.1', String(master.port));
    const store = open();
    await expect(store.get('a')).rejects.toMatchObject({ failure: 'refused' });
    await expect(store.get('a')).rejects.toThrow('is a replica');
    await expect(store.put('a', 'b')).rejects.toMatchObject({ failure: 'refused' });
  });

  it('refuses a write on a connection whose master became a replica, and finds the new role', async () => {
    const [{ redis: other }, { redis, open }] = [await start(), await start()];
    const store = open();
    await store.put('a', '1');
    await redis.cli('REPLICAOF', '127.0.0.1', String(other.port));
    await expect(store.put('a', '2')).rejects.toThrow('is a replica');
    await expect(store.get('a')).rejects.toThrow('is a replica');
    await redis.cli('REPLICAOF', 'NO', 'ONE');
    expect(await store.put('a', '3')).toMatchObject({ outcome: 'done' });
  });
});

describe.skipIf(isMissing('redis-server', 'openssl'))('TLS of redisStore()', () => {
  async function startTls(clients: 'yes' | 'no', certificate: 'server' | 'misnamed' = 'server') {
    const folder = new TempFolder();
    const files = makeCertificates(folder);
    const { cert, key } = files[certificate];
    const tlsPort = await freePort();
    const tls = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', files.ca];
    const redis = await RedisServer.start([
      '--tls-port',
      String(tlsPort),
      '--tls-auth-clients',
      clients,
      ...tls,
    ]);
    return { redis, files, url: `rediss://127.0.0.1:${tlsPort}` };
  }

  it('works with an own authority, for calls and messages', async () => {
    const { redis, files, url } = await startTls('no');
    const store = redisStore({ url, tls: { ca: files.ca } });
    onTestFinished(() => store.close());
    await store.put('a', '1');
    const heard: string[] = [];
    store.watch('', {
      changed: (key) => heard.push(key),
      lost: (error) => heard.push(String(error)),
      restored: () => undefined,
    });
    await expect.poll(() => redis.cli('PUBLISH', 'hot-config/changes/0', 'told')).toBe('1');
    await expect.poll(() => heard).toEqual(['told']);
  });

  it('shows the certificate of the client', async () => {
    const { files, url } = await startTls('yes');
    const store = redisStore({ url, tls: { ca: files.ca, ...files.client } });
    onTestFinished(() => store.close());
    expect(await store.put('a', '1')).toMatchObject({ outcome: 'done' });
    const unknown = redisStore({ url, tls: { ca: files.ca } });
    onTestFinished(() => unknown.close());
    await expect(unknown.get('a')).rejects.toMatchObject({ failure: 'unreachable' });
  });

  it.each([
    ['of another authority', 'server', 'otherCa', 'a certificate of an unknown authority'],
    ['for another name', 'misnamed', 'ca', 'a certificate for another name'],
  ] as const)('refuses a certificate %s', async (_what, certificate, ca, message) => {
    const { files, url } = await startTls('no', certificate);
    const store = redisStore({ url, tls: { ca: files[ca] } });
    onTestFinished(() => store.close());
    await expect(store.get('a')).rejects.toMatchObject({ failure: 'unreachable' });
    await expect(store.get('a')).rejects.toThrow(message);
  });

  it('tells that a server does not speak TLS', async () => {
    const { redis } = await start();
    const store = redisStore({ url: `rediss://127.0.0.1:${redis.port}`, timeout: 1_000 });
    onTestFinished(() => store.close());
    await expect(store.get('a')).rejects.toMatchObject({ name: 'ConfigStoreError' });
  });
});

describe('options of redisStore()', () => {
  const sentinels = ['s1.example:26379', '[::1]:26379'];

  it.each([
    [{}, 'needs the option "url", or "sentinels" and "master"'],
    [{ url: 'cache.example:6379' }, 'is not an address'],
    [{ url: 'http://cache.example' }, 'is not an address'],
    [{ url: 'redis://cache.example' }, 'would not be encrypted: use rediss://cache.example'],
    [{ url: 'redis://127.0.0.1', tls: {} }, 'write rediss://'],
    [{ url: 'redis://127.0.0.1/app' }, 'more than the number of a database'],
    [{ url: 'redis://127.0.0.1?db=1' }, 'more than the number of a database'],
    [{ url: 'redis://127.0.0.1', sentinels }, 'has both "url" and options for Sentinel'],
    [{ sentinels, tls: false }, 'needs the option "url", or "sentinels" and "master"'],
    [{ sentinels, master: 'main' }, 'needs the option "tls"'],
    [{ sentinels: ['s1.example'], master: 'main', tls: {} }, 'address is not like'],
    [{ url: 'redis://127.0.0.1', timeout: -1 }, '"timeout" must be'],
    [{ url: 'redis://127.0.0.1', prefix: 'a\nb' }, 'prefix of a store must not have control characters'],
    [{ url: 'redis://127.0.0.1', pasword: { env: 'A' } }, 'did you mean "password"?'],
  ])('are checked: %j', (options, message) => {
    expect(() => redisStore(options as RedisStoreOptions)).toThrow(message);
  });

  it.each(['redis://:battery@127.0.0.1', 'rediss://app:battery@cache.example', 'redis://app:bat:tery@@'])(
    'refuse a password in the address, and do not show it: %s',
    (url) => {
      expect(() => redisStore({ url })).toThrow(/credentials|is not an address/);
      expect(() => redisStore({ url })).not.toThrow(/bat/);
    },
  );

  it('refuse a password as a string, and do not show it', () => {
    const options = { url: 'redis://127.0.0.1', password: 'battery' } as unknown as RedisStoreOptions;
    expect(() => redisStore(options)).toThrow('"password" must be a place to read it from');
    expect(() => redisStore(options)).not.toThrow('battery');
  });

  it.each([
    [{ url: 'redis://127.0.0.1' }, 'redis 127.0.0.1:6379'],
    [{ url: 'rediss://cache.example:7000/3' }, 'redis cache.example:7000/3'],
    [{ url: 'redis://cache.example', tls: false as const }, 'redis cache.example:6379'],
    [{ url: 'redis://[::1]' }, 'redis [::1]:6379'],
    [{ sentinels, master: 'main', tls: false as const }, 'redis main'],
  ])('give the store its name: %j', (options, name) => {
    expect(redisStore(options).name).toBe(name);
  });
});

async function start() {
  const redis = await RedisServer.start();
  return {
    redis,
    folder: new TempFolder(),
    open: (options: Partial<RedisStoreOptions> = {}) => {
      const store = redisStore({ url: redis.url, ...options });
      onTestFinished(() => store.close());
      return store;
    },
  };
}
