import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { ConfigStoreError, etcdStore } from 'nestjs-hot-config/stores/etcd';
import { memoryStore } from 'nestjs-hot-config/stores/memory';
import { postgresStore } from 'nestjs-hot-config/stores/postgres';
import { redisStore } from 'nestjs-hot-config/stores/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';

interface Place {
  readonly port: number;
  readonly ca?: string;
}

const OPEN = {
  etcd: ({ port, ca }: Place) =>
    etcdStore({
      urls: [`${ca ? 'https' : 'http'}://127.0.0.1:${port}`],
      timeout: 1_000,
      ...(ca && { tls: { ca } }),
    }),
  Redis: ({ port, ca }: Place) =>
    redisStore({
      url: `${ca ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
      timeout: 1_000,
      ...(ca && { tls: { ca } }),
    }),
  PostgreSQL: ({ port, ca }: Place) =>
    postgresStore({
      url: `postgres://app@127.0.0.1:${port}/app`,
      timeout: 1_000,
      ...(ca && { tls: { ca } }),
    }),
};

// etcd has a connection then: the write may have been done.
const WITH_LOGIN = Object.entries(OPEN).filter(([name]) => name !== 'etcd');

/** Returns what a caller is told, without the name of the store. */
async function failureOf(store: ReturnType<typeof memoryStore> | ReturnType<typeof redisStore>, value = 'a') {
  onTestFinished(() => store.close());
  const error = await store.put('key', value).then(
    () => undefined,
    (reason: ConfigStoreError) => reason,
  );
  expect(error).toBeInstanceOf(ConfigStoreError);
  return `${error!.failure}: ${error!.summary.replace(`${store.name} `, '')}`;
}

describe('The same trouble is told in the same way by each store', () => {
  it.each(Object.entries(OPEN))('a file for TLS that cannot be read: %s', async (_name, open) => {
    const told = await failureOf(open({ port: 9, ca: '/nowhere/ca.crt' }));
    expect(told).toMatch(
      /^denied: cannot be asked: The file \/nowhere\/ca\.crt \(option "tls\.ca"\) does not exist/,
    );
  });

  it.each(Object.entries(OPEN))('no server: %s', async (_name, open) => {
    const told = await failureOf(open({ port: await freePort() }));
    expect(told).toBe('unreachable: refuses connections: start it, or correct the address');
  });

  it.each(WITH_LOGIN)('a server that does not answer: %s', async (_name, open) => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const told = await failureOf(open({ port: (silent.address() as AddressInfo).port }));
    expect(told).toBe('timeout: has not answered within 1000 ms');
  });

  it.each([...Object.entries(OPEN), ['memory', () => memoryStore()] as const])(
    'a value that is too long: %s',
    async (_name, open) => {
      const told = await failureOf(open({ port: 9 }), 'ä'.repeat(2 * 1024 * 1024 + 1));
      expect(told).toBe('unusable: takes no value that is longer than 4 MiB');
    },
  );
});
