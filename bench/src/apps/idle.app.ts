// An app that does nothing, with or without watched files: `idle.app.js <files> <keys of each> <subscriptions> <folder>`; without
// files, it is an app without the module. Run with --expose-gc.
import 'reflect-metadata';
import { createHook } from 'node:async_hooks';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule, HotConfigService } from '../../hot-config.js';
import { heldMemory } from '../harness/held-memory.js';
import { answer, usage } from './answer.js';

const [count, keys, subscriptions] = process.argv.slice(2, 5).map(Number) as [number, number, number];
const folder = process.argv[5] ?? '';
const files = Array.from({ length: count }, (_, index) => join(folder, `app${index}.json`));
files.forEach((path, index) => writeFileSync(path, JSON.stringify({ [`part${index}`]: partOf(index) })));

function partOf(index: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: keys }, (_, key) => [`key${key}`, `value ${index}.${key}`]));
}

/** All timers that are set, also those that do not keep the process running. */
const timers = new Set<number>();
createHook({
  init: (id, type) => void (type === 'Timeout' && timers.add(id)),
  destroy: (id) => void timers.delete(id),
}).enable();

class Root {}
const before = await heldMemory();
const app = await NestFactory.createApplicationContext(
  { module: Root, imports: count === 0 ? [] : [HotConfigModule.forRoot({ files })] },
  { logger: false },
);
await app.init();
for (let index = 0; index < subscriptions; index += 1)
  app.get(HotConfigService).onChange(`part${index % count}.*`, () => undefined);

answer({
  usage,
  held: async () => ({
    bytes: (await heldMemory()) - before,
    timers: timers.size,
  }),
});
