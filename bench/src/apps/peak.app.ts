// An app that reloads the largest file that is allowed: `peak.app.js <json | yaml> <folder>`, run with --expose-gc.
import 'reflect-metadata';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { NestFactory } from '@nestjs/core';
import { HotConfigManager, HotConfigModule } from '../../hot-config.js';
import { heldMemory } from '../harness/held-memory.js';
import { answer } from './answer.js';

/** A little less than `maxFileSize` by default. As many keys as fit into it are fewer than `maxKeys`. */
const SIZE = 2 * 1024 * 1024 - 200;
/** Time in which a worker that is idle must have ended, in ms. */
const WORKER_ENDS = 60_000;

const [format = '', folder = ''] = process.argv.slice(2);
const path = join(folder, `app.${format}`);
let leaf = 0;

function save(): void {
  const text: string[] = [`"leaf": ${leaf}`];
  let size = 0;
  for (let key = 0; size < SIZE; key += 1) {
    const line = `"key${key}": "value${key}"`;
    text.push(line);
    size += line.length + 2;
  }
  leaf += 1;
  writeFileSync(path, format === 'json' ? `{${text.join(',\n')}}` : `${text.join('\n')}\n`);
}

/** A figure of Linux about this process, in KiB; NaN on other systems. */
function memory(name: 'VmRSS' | 'VmHWM'): number {
  if (process.platform !== 'linux') return Number.NaN;
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

/** Makes the system forget the peak so far. */
function forgetPeak(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}

function threads(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : Number.NaN;
}

async function threadsEnd(count: number): Promise<void> {
  const deadline = performance.now() + WORKER_ENDS;
  while (threads() > count && performance.now() < deadline) await delay(100);
}

/** The largest heap of the main thread between two turns of the event loop. */
async function heapPeakDuring(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  let peak = 0;
  void work.finally(() => (isDone = true));
  while (!isDone) {
    peak = Math.max(peak, getHeapStatistics().total_heap_size);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return peak / 1024;
}

save();
class Root {}
const app = await NestFactory.createApplicationContext(
  {
    module: Root,
    // Not watched, as each save is one reload. And no earlier version: it would count as memory that the reload leaves behind.
    imports: [HotConfigModule.forRoot({ files: [path], enabled: false, history: { max: 1 } })],
  },
  { logger: false },
);
const manager = app.get(HotConfigManager);

answer({
  measure: async () => {
    const threadsBefore = threads();
    save();
    await manager.reload(); // what is loaded at the first reload stays
    await threadsEnd(threadsBefore);
    const heldBefore = await heldMemory();
    const before = memory('VmRSS');
    save();
    forgetPeak();
    const reloading = manager.reload();
    const heap = await heapPeakDuring(reloading);
    const { outcome } = await reloading;
    const peak = memory('VmHWM');
    await threadsEnd(threadsBefore);
    const held = await heldMemory();
    return {
      isApplied: outcome === 'applied' ? 1 : 0,
      peak,
      added: peak - before,
      heap,
      left: (held - heldBefore) / 1024,
      leftResident: memory('VmRSS') - before,
      leftThreads: threads() - threadsBefore,
    };
  },
});
