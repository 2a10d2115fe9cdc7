// An app whose configuration is in many files: `directory.app.js <directory | imports> <count> <folder>`.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { directory, file, HotConfigManager, HotConfigModule, HotConfigService } from '../../hot-config.js';
import { answer } from './answer.js';

/** Of all files, those in one folder. */
const IN_FOLDER = 50;
/** Time for what follows a reload, in ms. */
const AFTERWARDS = 200;

const [kind, count = '0', home = ''] = process.argv.slice(2);
const names = Array.from({ length: Number(count) }, (_, index) => {
  const folder = `part${Math.floor(index / IN_FOLDER)}`;
  if (index % IN_FOLDER === 0) mkdirSync(join(home, 'parts', folder), { recursive: true });
  const name = `parts/${folder}/file${index}.yaml`;
  writeFileSync(join(home, name), textOf(index));
  return name;
});
/** The file that is edited. */
const edited = Math.floor(names.length / 2);
let value = edited;

function textOf(number: number): string {
  const rest = Array.from({ length: 9 }, (_, key) => `key${key}: value ${key}\n`);
  return `number: ${number}\n${rest.join('')}`;
}

function sourceOf() {
  if (kind === 'directory') return directory(join(home, 'parts'), { mount: 'parts' });
  const root = join(home, 'app.yaml');
  const imports = names.map((name, index) => `  entry${index}: { $import: ${name} }\n`);
  writeFileSync(root, `parts:\n${imports.join('')}`);
  return file(root);
}

class Root {}
const source = sourceOf();
const started = performance.now();
const app = await NestFactory.createApplicationContext(
  {
    module: Root,
    imports: [HotConfigModule.forRoot({ sources: [source], limits: { maxImports: names.length + 1 } })],
  },
  { logger: false },
);
await app.init();
const booted = performance.now() - started;
const config = app.get(HotConfigService);
const manager = app.get(HotConfigManager);
let noteChange: (change: unknown) => void = () => undefined;
config.onChange('parts', (change) => noteChange(change));
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
await manager.settled();

function current(): unknown {
  return kind === 'directory'
    ? config.get(`parts['part${Math.floor(edited / IN_FOLDER)}.file${edited}'].number`)
    : config.get(`parts.entry${edited}.number`);
}

/** Measures what happens until `work` has resolved, and the CPU of what follows. */
async function measured(work: () => Promise<unknown>): Promise<object> {
  await delay(AFTERWARDS);
  delays.reset();
  const before = process.cpuUsage();
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  await delay(AFTERWARDS);
  const { user, system } = process.cpuUsage(before);
  return { ms, cpuMs: (user + system) / 1_000, held: delays.max / 1e6 };
}

answer(
  {
    nothing: () => measured(async () => undefined),
    edit: () =>
      measured(async () => {
        value += 1;
        const applied = new Promise((resolve) => (noteChange = resolve));
        writeFileSync(join(home, '.new'), textOf(value));
        renameSync(join(home, '.new'), join(home, names[edited]!));
        await applied;
        assert.equal(current(), value);
      }),
    reload: () =>
      measured(async () => {
        const { outcome } = await manager.reload();
        assert.equal(outcome, 'unchanged');
      }),
  },
  { booted },
);
