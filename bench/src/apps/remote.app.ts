// An app whose configuration is in a store, each key a source of its own: `remote.app.js <engine> <address> <count>`.
import 'reflect-metadata';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { HotConfigManager, HotConfigModule, HotConfigService, stored } from '../../hot-config.js';
import { answer, usage } from './answer.js';
import { keyOf, mountOf, STORES, type Engine } from './remote/content.js';

const [engine = '', url = '', number = ''] = process.argv.slice(2);
const count = Number(number);

/** Those that are open. The app has no others than those of the store. */
const connections = new Set<Socket>();
let most = 0;
subscribe('net.client.socket', (message) => {
  const { socket } = message as { readonly socket: Socket };
  connections.add(socket);
  most = Math.max(most, connections.size);
  socket.once('close', () => connections.delete(socket));
});

class Root {}
const store = STORES[engine as Engine](url);
const before = process.cpuUsage();
const started = performance.now();
const sources = Array.from({ length: count }, (_, index) =>
  stored(store, keyOf(index), { mount: mountOf(index) }),
);
const app = await NestFactory.createApplicationContext(
  { module: Root, imports: [HotConfigModule.forRoot({ sources })] },
  { logger: false },
);
await app.init();
const startMs = performance.now() - started;
const { user, system } = process.cpuUsage(before);
const config = app.get(HotConfigService);
await app.get(HotConfigManager).settled();

/** The number that is expected, and where it is not in force yet. */
let expected = 0;
const missing = new Set<string>();
let reached = (): void => undefined;
config.onChange('*', ({ changes }) => {
  for (const { segments, current } of changes) if (current === expected) missing.delete(segments[0]!);
  if (missing.size === 0) reached();
});

/** Resolves when the next number is in force at these places. */
async function next(indexes: Iterable<number>): Promise<object> {
  expected += 1;
  for (const index of indexes)
    if (config.get(`${mountOf(index)}.number`) !== expected) missing.add(mountOf(index));
  if (missing.size > 0) await new Promise<void>((resolve) => (reached = resolve));
  return {};
}

answer(
  {
    usage,
    connections: () => ({ open: connections.size, most }),
    one: () => next([(expected + 1) % count]),
    all: () => next(sources.keys()),
  },
  { startMs, startCpuMs: (user + system) / 1_000 },
);
