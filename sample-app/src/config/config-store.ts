import { parseArgs } from 'node:util';
import type { ConfigStore } from 'nestjs-hot-config/remote';

/** The address after `--store`, as in `npm run demo -- --store redis://127.0.0.1:6379`; undefined without one. */
export const STORE_ADDRESS = parseArgs({
  options: { store: { type: 'string' } },
  strict: false,
}).values['store'] as string | undefined;

/**
 * Opens a store: `redis://HOST:PORT`, `etcd://HOST:PORT` or `postgres://USER@HOST:PORT/DATABASE`. A password is read from
 * STORE_PASSWORD.
 */
export async function openStore(address: string): Promise<ConfigStore> {
  const password = process.env['STORE_PASSWORD'] === undefined ? {} : { password: { env: 'STORE_PASSWORD' } };
  const { protocol, host, username } = new URL(address);
  // Each brings a driver of its own, which an app installs if it uses it.
  switch (protocol) {
    case 'redis:':
    case 'rediss:': {
      const { redisStore } = await import('nestjs-hot-config/stores/redis');
      return redisStore({ url: address, ...password });
    }
    case 'etcd:': {
      const { etcdStore } = await import('nestjs-hot-config/stores/etcd');
      return etcdStore({ urls: [`http://${host}`], ...(username && { username }), ...password });
    }
    case 'postgres:': {
      const { postgresStore } = await import('nestjs-hot-config/stores/postgres');
      const store = postgresStore({ url: address, ...password });
      await store.ensureSchema();
      return store;
    }
    default:
      throw new Error(
        `--store must begin with redis://, rediss://, etcd:// or postgres://, not ${protocol}//`,
      );
  }
}
