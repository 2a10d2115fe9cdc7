import { etcdStore, postgresStore, redisStore } from '../../../hot-config.js';

/** Creates the store of an engine at an address. */
export const STORES = {
  redis: (url: string) => redisStore({ url }),
  etcd: (url: string) => etcdStore({ urls: [url] }),
  postgres: (url: string) => postgresStore({ url }),
};

export type Engine = keyof typeof STORES;

/** Returns the key of a source. */
export function keyOf(index: number): string {
  return `k${index}.yaml`;
}

/** Returns the path below which the content of a source is mounted. */
export function mountOf(index: number): string {
  return `k${index}`;
}

/** Returns the content of a key. */
export function textOf(number: number): string {
  return `number: ${number}\nmodel: small\ntimeout: 30\nretry: { times: 3, pause: 100 }\n`;
}
