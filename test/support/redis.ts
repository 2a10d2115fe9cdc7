import { spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { freePort } from './free-port.js';
import { until } from './until.js';

/** Checks whether tests that need Redis can run. In CI they must: a missing server is a failure there, not a skip. */
export function hasRedis(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (!found && process.env['CI']) throw new Error('redis-server is missing: install it, as .ci/run does');
  return found;
}

/** Starts a Redis server for one test, on loopback, without persistence. */
export async function startRedis(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const server = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  await until('Redis answers', () => answers(port));
  return {
    port,
    stop: () => {
      server.kill();
      return ended;
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
