import type { ConfigStore } from 'nestjs-hot-config/remote';
import { etcdStore } from 'nestjs-hot-config/stores/etcd';
import { postgresStore } from 'nestjs-hot-config/stores/postgres';
import { redisStore } from 'nestjs-hot-config/stores/redis';
import { Etcd } from './etcd.js';
import { startPostgres } from './postgres.js';
import type { Program } from './programs.js';
import { RedisServer } from './redis-server.js';

/** A real server of an engine, which a test kills and freezes. */
export interface RunningEngine {
  readonly port: number;
  /** Opens a store, through another port if there is a proxy in front of the server. */
  open(port?: number): ConfigStore;
  kill(): Promise<void>;
  /** Starts it again, with its content. */
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export interface Engine {
  readonly name: string;
  readonly programs: readonly Program[];
  readonly start: () => Promise<RunningEngine>;
}

/** Longest time of one call, in ms: short, so that a frozen server is noticed soon. */
const TIMEOUT = 1_000;

export const ENGINES: readonly Engine[] = [
  {
    name: 'etcd',
    programs: ['etcd'],
    start: async () => {
      const { port, process } = await Etcd.start();
      return {
        port,
        open: (own = port) => etcdStore({ urls: [`http://127.0.0.1:${own}`], timeout: TIMEOUT }),
        kill: () => process.kill(),
        start: () => process.start(),
        freeze: () => process.freeze(),
        thaw: () => process.thaw(),
      };
    },
  },
  {
    name: 'Redis',
    programs: ['redis-server'],
    start: async () => {
      const { port, process } = await RedisServer.start();
      return {
        port,
        open: (own = port) => redisStore({ url: `redis://127.0.0.1:${own}`, timeout: TIMEOUT }),
        kill: () => process.kill(),
        start: () => process.start(),
        freeze: () => process.freeze(),
        thaw: () => process.thaw(),
      };
    },
  },
  {
    name: 'PostgreSQL',
    programs: ['initdb', 'postgres'],
    start: async () => {
      const server = await startPostgres();
      const { port } = server;
      const open = (own = port) =>
        postgresStore({
          url: `postgres://postgres@127.0.0.1:${own}/postgres`,
          timeout: TIMEOUT,
          interval: 300,
        });
      await open().ensureSchema();
      return {
        port,
        open,
        kill: () => server.kill(),
        start: () => server.start(),
        freeze: () => server.freeze(),
        thaw: () => server.thaw(),
      };
    },
  },
];
