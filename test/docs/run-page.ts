// Runs the app of one page, in a process of its own and in the page's folder, as a user would. It ends by itself: that
// is a check as well.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigManager, HotConfigService } from 'nestjs-hot-config';

/** What happens while the app is up, in the order of the page. `place` is for messages. */
export type Step = { readonly place: string } & (
  | { readonly kind: 'run' | 'module' | 'main' | 'spec'; readonly file: string }
  | { readonly kind: 'edit'; readonly file: string; readonly text: string }
  | { readonly kind: 'logged' | 'console'; readonly text: string }
);

/** What a page asks for. */
export interface Plan {
  /** Files with controllers and providers that belong to the app. */
  readonly components: readonly string[];
  readonly steps: readonly Step[];
}

@Module({})
class PageModule {}

type Exports = Record<string, unknown>;

const [planFile = '', compiled = ''] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;

let log = '';
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream) as (chunk: string | Uint8Array) => boolean;
  stream.write = (chunk: string | Uint8Array) => {
    log += String(chunk);
    return write(chunk);
  };
}

const components = (await Promise.all(plan.components.map(load))).flatMap((exports) =>
  Object.values(exports),
);
const { AppModule } = (await load('src/app.module.ts')) as { AppModule: Type };
const root: DynamicModule = {
  module: PageModule,
  imports: [AppModule],
  controllers: components.filter((component) => isMarked(component, '__controller__')),
  providers: components.filter((component) => isMarked(component, '__injectable__')),
};
const app = await NestFactory.create(root, { abortOnError: false });
await app.listen(0, '127.0.0.1');
const manager = app.get(HotConfigManager);
const context = { app, manager, config: app.get(HotConfigService), equal: assert.deepEqual };
Object.assign(globalThis, { docs: context });

for (const step of plan.steps) {
  await perform(step).catch((error: unknown) => {
    throw new Error(`${step.place} does not do what it says`, { cause: error });
  });
}
await app.close();

async function perform(step: Step): Promise<void> {
  switch (step.kind) {
    case 'run':
      await load(step.file);
      break;
    case 'module':
      await boot(Object.values(await load(step.file)));
      break;
    case 'main':
      await startAndStop(step.file);
      break;
    case 'spec':
      await runSpec(step.file);
      break;
    case 'console':
      await runCommands(step.text);
      break;
    case 'edit':
      await edit(step.file, step.text);
      break;
    case 'logged':
      await until(() => log.includes(step.text), `it is logged:\n${step.text}`);
      break;
  }
}

/** Modules, and the options of modules, are tried as apps of their own. */
async function boot(modules: readonly unknown[]): Promise<void> {
  for (const module of await Promise.all(modules)) {
    const isModule = typeof module === 'object' || isMarked(module, 'imports');
    if (!isModule) continue;
    const other = await NestFactory.createApplicationContext(module as Type, { abortOnError: false });
    await other.close();
  }
}

/** The entry file of an app, in a process of its own that is told to stop once it is up. */
async function startAndStop(main: string): Promise<void> {
  const child = spawn(process.execPath, [compiledPath(main)], { env: { ...process.env, PORT: '0' } });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  await until(() => output.includes('successfully started'), `${main} is up`);
  child.kill('SIGTERM');
  // As a process ends that has run its shutdown hooks and then let the signal do its work.
  assert.deepEqual(await closed, [null, 'SIGTERM']);
}

/** A spec of a user, as the user would run it. */
async function runSpec(spec: string): Promise<void> {
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')));
  const child = spawn(process.execPath, [vitest, 'run', '--root', compiled, compiledPath(spec)]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  assert.deepEqual(await once(child, 'close'), [0, null], output);
}

/** What is typed after `$ `, as on a terminal, with what is printed below it. */
async function runCommands(text: string): Promise<void> {
  for (const typed of text.split(/^\$ /m).slice(1)) {
    const [command = '', ...lines] = typed.split('\n');
    const child = spawn('sh', ['-c', command]);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += String(chunk)));
    await once(child, 'close');
    assert.equal(comparable(output), comparable(lines.join('\n')), `$ ${command}\n${output}`);
  }
}

/** Without what differs from run to run, and the widths that columns have because of it. */
function comparable(output: string): string {
  return (
    output
      .replaceAll(process.cwd(), '/app')
      // The package that the pages share.
      .replaceAll(fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, ''), '/app')
      .replaceAll(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?/g, '<time>')
      .replaceAll(/(\bpid |gateway +)\d+/g, '$1<pid>')
      .replaceAll(/[\d.]+ ms\b/g, '<ms>')
      .replaceAll(/\b[\da-f]{64}\b/g, '<hash>')
      .replaceAll(/\S+ \(unverified\)/g, '<user>')
      .replaceAll(/\bv?\d+\.\d+\.\d+\b/g, '<version>')
      .replaceAll(/ {2,}/g, '  ')
      .trim()
  );
}

async function edit(file: string, text: string): Promise<void> {
  const reloads = () =>
    Object.values(manager.status().reloads).reduce((sum, count) => sum + Number(count), 0);
  const before = reloads();
  writeFileSync(file, text);
  await until(() => reloads() > before, `${file} is reloaded`);
  await manager.settled();
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await delay(10);
  }
}

function load(file: string): Promise<Exports> {
  return import(pathToFileURL(compiledPath(file)).href) as Promise<Exports>;
}

function compiledPath(file: string): string {
  return join(compiled, file.replace(/\.ts$/, '.js'));
}

function isMarked(component: unknown, mark: string): component is Type {
  return typeof component === 'function' && Reflect.hasMetadata(mark, component);
}
