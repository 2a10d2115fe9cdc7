// Prints what an app holds in the process: `node idle.mjs <app> <expected>`, with the name of one of APPS and the counts to
// wait for, as JSON. An app is idle when it has these counts; if it never has, the last counts are printed.
import 'reflect-metadata';
import { createHook } from 'node:async_hooks';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { get } from 'node:http';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigManager, HotConfigModule } from 'nestjs-hot-config';

const APPS = {
  bare: () => [],
  'without files': () => [HotConfigModule.forRoot({ ignoreEnvFile: true })],
  complete: () => [
    HotConfigModule.forRoot({
      files: ['app.yaml'],
      control: { enabled: true, socketDir: resolve('sockets') },
      history: { dir: 'versions' },
    }),
  ],
};

// Also those that do not keep the process alive, such as timers with `unref()`.
const handles = new Map();
createHook({
  init: (id, type) => {
    if (/^(Timeout|WORKER|MESSAGEPORT|STATWATCHER|(PIPE|TCP)(SERVER)?WRAP)$/.test(type))
      handles.set(id, type);
  },
  destroy: (id) => handles.delete(id),
}).enable();

class AppController {
  read() {
    return 'ok';
  }
}
Get()(AppController.prototype, 'read', Object.getOwnPropertyDescriptor(AppController.prototype, 'read'));
Controller()(AppController);

const [name, expected] = process.argv.slice(2);
writeFileSync('app.yaml', 'n: 0\n');
// Node starts its threads, and opens its streams and descriptors of its own with the first use of a file and of a server.
process.stdout.write('');
process.stderr.write('');
await stat('app.yaml');
await open('bare').then((app) => app.close());
// The server keeps the date of its answers for a second.
do await settled();
while ([...handles.values()].includes('Timeout'));
const start = counts();

const app = await open(name);
const idle = await reached(JSON.parse(expected));
const url = await app.getUrl();
for (let n = 1; n <= 100; n += 1) {
  writeFileSync('app.yaml', `n: ${n}\n`);
  if (name !== 'bare') await app.get(HotConfigManager).reload();
  await ask(url);
}
const afterWork = await reached(idle);
await app.close();
const closed = await reached({});
for (let n = 0; n < 10; n += 1) await open(name).then((each) => each.close());
const afterTen = await reached(closed);
console.log(
  JSON.stringify({
    idle,
    'after 100 reloads and requests': afterWork,
    closed,
    'after 10 more apps': afterTen,
  }),
);

function appModule(kind) {
  class AppModule {}
  Module({ imports: APPS[kind](), controllers: [AppController] })(AppModule);
  return AppModule;
}

async function open(kind) {
  const opened = await NestFactory.create(appModule(kind), { logger: ['warn', 'error'] });
  await opened.listen(0, '127.0.0.1');
  await ask(await opened.getUrl());
  return opened;
}

function ask(url) {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
}

/** Waits until the app holds what is wanted, or for long enough that it never will; returns what it holds beyond the start. */
async function reached(wanted) {
  for (let attempt = 1; ; attempt += 1) {
    await settled();
    const held = beyondStart(counts());
    if (attempt === 500 || isDeepStrictEqual(held, wanted)) return held;
  }
}

async function settled() {
  await delay(20);
  // The hook is called for the end of a timer after its callback.
  await turn();
  await turn();
}

function beyondStart(now) {
  const differences = Object.keys({ ...start, ...now }).map((key) => [
    key,
    (now[key] ?? 0) - (start[key] ?? 0),
  ]);
  return Object.fromEntries(differences.filter(([, count]) => count !== 0));
}

function counts() {
  const found = {};
  const add = (key, count = 1) => (found[key] = (found[key] ?? 0) + count);
  for (const type of handles.values()) add(`handle ${type}`);
  for (const type of process.getActiveResourcesInfo()) add(`keeps alive ${type}`);
  for (const event of process.eventNames()) add(listenerOf(event), process.listenerCount(event));
  for (const descriptor of readdirSync('/proc/self/fd')) add(`descriptor ${kindOf(descriptor)}`);
  // Each directory of the path is watched, and the depth of the temporary folder is that of the machine.
  const depth = process.cwd().split('/').length - 1;
  for (const descriptor of readdirSync('/proc/self/fdinfo'))
    add('watch for each directory of the path', watchesOf(descriptor) / depth);
  add('thread', readdirSync('/proc/self/task').length);
  return found;
}

function listenerOf(event) {
  const name = String(event);
  return name.startsWith('SIG') ? 'listener of a signal' : `listener of ${name}`;
}

/** Returns `socket`, `anon_inode:[inotify]` and so on; the descriptor of the list itself is closed when it is looked at. */
function kindOf(descriptor) {
  try {
    const target = readlinkSync(`/proc/self/fd/${descriptor}`);
    return target.startsWith('/') ? target : target.replace(/:\[\d+\]$/, '');
  } catch {
    return 'of the list';
  }
}

function watchesOf(descriptor) {
  try {
    return readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8').match(/^inotify wd:/gm)?.length ?? 0;
  } catch {
    return 0;
  }
}
