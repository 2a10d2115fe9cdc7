import { writeFileSync } from 'node:fs';
import { freePort } from './free-port.js';
import { RedisServer } from './redis-server.js';
import { ServerProcess } from './server-process.js';
import { TempFolder } from './temp-folder.js';
import { until } from './until.js';

/** A master and its replica, watched by one Redis Sentinel, on loopback. */
export interface SentinelGroup {
  readonly servers: readonly [first: RedisServer, second: RedisServer];
  /** Address of the Sentinel. */
  readonly sentinel: string;
  /** Resolves to the server that the Sentinel names now. */
  master(): Promise<RedisServer>;
}

/** The first server is the master. It is replaced once it has not answered for half a second. */
export async function startSentinelGroup(): Promise<SentinelGroup> {
  const atOnce = ['--repl-diskless-sync-delay', '0'];
  const servers = [await RedisServer.start(atOnce), await RedisServer.start(atOnce)] as const;
  const [master, replica] = servers;
  await replica.cli('REPLICAOF', '127.0.0.1', String(master.port));
  await until('the replica follows', async () =>
    (await replica.cli('INFO', 'replication')).includes('master_link_status:up'),
  );
  const folder = new TempFolder();
  const port = await freePort();
  const config = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder.path}`,
    `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 2000',
  ];
  const file = folder.file('sentinel.conf');
  writeFileSync(file, config.join('\n'));
  const sentinel = new ServerProcess({
    program: 'redis-sentinel',
    args: [file],
    answers: async () => (await RedisServer.cliAt(port, 'PING')) === 'PONG',
  });
  await sentinel.start();
  // It looks ten times as often as by default.
  const periods = ['info-period', '500', 'ping-period', '100', 'ask-period', '100', 'publish-period', '200'];
  await RedisServer.cliAt(port, 'SENTINEL', 'DEBUG', ...periods);
  await until('the Sentinel knows the replica', async () =>
    (await RedisServer.cliAt(port, 'SENTINEL', 'REPLICAS', 'mymaster')).includes(String(replica.port)),
  );
  return {
    servers,
    sentinel: `127.0.0.1:${port}`,
    master: async () => {
      const address = await RedisServer.cliAt(port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster');
      return servers.find((server) => address.includes(String(server.port)))!;
    },
  };
}
