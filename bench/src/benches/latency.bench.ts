import 'reflect-metadata';
import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { readFileSync, renameSync, unwatchFile, watch, watchFile, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { watchConfig } from 'c12';
import { watch as chokidar } from 'chokidar';
import { file, HotConfigRuntime } from '../../hot-config.js';
import { interleave, type Measure } from '../harness/interleave.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { medianOf, row } from '../harness/stats.js';

const SIZES = { '1 KB': 1_000, '100 KB': 100_000, '5 MB': 5_000_000 };
const silent = { log() {}, warn() {}, error() {} };
/** The interval of the packages that poll. */
const POLL_EVERY = 1_000;
/** Pause between two saves, and time after which a save that was not applied counts as missed, in ms. */
const QUIET = 120;
const GIVE_UP = 2_000;
/** The work that a bare watcher leaves out. */
const FLOOR =
  'bare fs.watch and bare chokidar read at once, even a half-written file. This module checks the file three times and checks that what it reads is complete. Each of these steps goes through the thread pool several times';

/** Follows a JSON file, and emits each version that it has applied. */
interface Follower {
  readonly applied: EventEmitter;
  stop(): Promise<void> | void;
}

type Follow = (path: string) => Promise<Follower>;

/** c12 imports a JSON file as a module, which is never read twice. */
const FILE_OF: Readonly<Record<string, string>> = { 'c12 watchConfig': 'app.jsonc' };

/** Makes the text of a file with a version, of about `size` bytes. */
function textOf(version: number, size: number): string {
  const lines = Math.max(1, Math.round(size / 60));
  const filler = Object.fromEntries(
    Array.from({ length: lines }, (_, line) => [`key${line}`, 'x'.repeat(46)]),
  );
  return JSON.stringify({ version, filler });
}

function emitVersion(applied: EventEmitter, read: () => string): void {
  try {
    applied.emit('version', (JSON.parse(read()) as { version: number }).version);
  } catch {
    // A half-written file: another event follows.
  }
}

const followers: Readonly<Record<string, Follow>> = {
  'nestjs-hot-config': async (path) => {
    const applied = new EventEmitter();
    const runtime = new HotConfigRuntime({ sources: [file(path)], limits: { maxFileSize: 2 ** 26 } }, silent);
    await runtime.boot();
    runtime.core.dispatcher.subscribe(
      'version',
      ({ current }) => void applied.emit('version', current.get('version')),
    );
    await runtime.start();
    return { applied, stop: () => runtime.stop() };
  },
  'fs.watch, bare': async (path) => {
    const applied = new EventEmitter();
    const watchers = new Set(
      [dirname(path), join(dirname(path), '..data')].map((folder) => tryWatch(folder)),
    );
    function tryWatch(folder: string) {
      try {
        return watch(folder, () => emitVersion(applied, () => readFileSync(path, 'utf8')));
      } catch {
        return undefined;
      }
    }
    return { applied, stop: () => watchers.forEach((watcher) => watcher?.close()) };
  },
  'chokidar, bare': async (path) => {
    const applied = new EventEmitter();
    const watcher = chokidar(path, { ignoreInitial: true });
    watcher.on('all', () => emitVersion(applied, () => readFileSync(path, 'utf8')));
    await once(watcher, 'ready');
    return { applied, stop: () => watcher.close() };
  },
  'c12 watchConfig': async (path) => {
    const applied = new EventEmitter();
    const watching = await watchConfig<{ version: number }>({
      cwd: dirname(path),
      configFile: 'app',
      rcFile: false,
      globalRc: false,
      onUpdate: ({ newConfig }) => void applied.emit('version', newConfig.config.version),
    });
    await delay(200); // it does not report when it is ready
    return { applied, stop: () => watching.unwatch() };
  },
  'polling every second': async (path) => {
    const applied = new EventEmitter();
    const look = () => emitVersion(applied, () => readFileSync(path, 'utf8'));
    watchFile(path, { interval: POLL_EVERY }, look);
    return { applied, stop: () => unwatchFile(path, look) };
  },
};

/** A way of saving a file: the preparation, and the last step, which makes it visible. */
interface Way {
  prepare(folder: string, name: string, text: string, version: number): Promise<void>;
  stage(folder: string, name: string, text: string, version: number): Promise<void>;
  publish(folder: string, name: string, text: string): void;
}

const ways: Readonly<Record<string, Way>> = {
  'written in place': {
    prepare: (folder, name, text) => writeFile(join(folder, name), text),
    stage: async () => undefined,
    publish: (folder, name, text) => writeFileSync(join(folder, name), text),
  },
  'replaced by rename': {
    prepare: (folder, name, text) => writeFile(join(folder, name), text),
    stage: (folder, _name, text) => writeFile(join(folder, '.new'), text, { flush: true }),
    publish: (folder, name) => renameSync(join(folder, '.new'), join(folder, name)),
  },
  // The way of the kubelet: a directory for each version, and a link to it that is replaced by rename.
  'ConfigMap swap': {
    prepare: async (folder, name, text, version) => {
      await stageData(folder, name, text, version);
      publishData(folder);
      await symlink(join('..data', name), join(folder, name));
    },
    stage: stageData,
    publish: publishData,
  },
};

async function stageData(folder: string, name: string, text: string, version: number): Promise<void> {
  const data = `..2026_${version}`;
  await mkdir(join(folder, data));
  await writeFile(join(folder, data, name), text, { flush: true });
  await symlink(data, join(folder, '..data_tmp'));
}

function publishData(folder: string): void {
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

/** Measures the time from the last step of a save until its content is applied, in ms; NaN if it never is. */
async function measureOf(
  contestant: string,
  way: string,
  size: number,
): Promise<{ measure: Measure; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
  const saving = ways[way]!;
  const name = FILE_OF[contestant] ?? 'app.json';
  let version = 1;
  await saving.prepare(folder, name, textOf(version, size), version);
  const follower = await followers[contestant]!(join(folder, name));
  return {
    measure: async () => {
      version += 1;
      const expected = version;
      const text = textOf(expected, size);
      const seen = new Promise<number>((resolve) => {
        const listener = (got: number) => {
          if (got !== expected) return;
          follower.applied.off('version', listener);
          resolve(performance.now());
        };
        follower.applied.on('version', listener);
      });
      await saving.stage(folder, name, text, expected);
      const saved = performance.now();
      saving.publish(folder, name, text);
      const at = await Promise.race([seen, delay(GIVE_UP, Number.NaN)]);
      assert.equal(await readFile(join(folder, name), 'utf8'), text);
      await delay(QUIET);
      return at - saved;
    },
    stop: async () => {
      await follower.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Latency from a save to the handler. */
export const latency: Bench = {
  name: 'latency',
  async run(quick) {
    const rows: Row[] = [];
    const missed: string[] = [];
    for (const [label, size] of Object.entries(quick ? { '1 KB': SIZES['1 KB'] } : SIZES))
      for (const way of Object.keys(ways)) {
        const rounds = quick ? 5 : size > 1_000_000 ? 5 : 11;
        const parts = new Map(
          await Promise.all(
            Object.keys(followers).map(async (name) => [name, await measureOf(name, way, size)] as const),
          ),
        );
        const samples = await interleave(
          new Map([...parts].map(([name, { measure }]) => [name, measure])),
          rounds,
          1,
        );
        await Promise.all([...parts.values()].map((part) => part.stop()));
        for (const [name, figures] of samples) {
          const seen = figures.filter((figure) => !Number.isNaN(figure));
          if (seen.length < figures.length)
            missed.push(
              `${name} missed ${figures.length - seen.length} of ${figures.length} saves (${way}, ${label})`,
            );
          rows.push(row(`${way}, ${label}`, name, 'ms', seen.length > 0 ? seen : [Number.NaN]));
        }
      }
    const of = (way: string, contestant: string) => medianOf(rows, `${way}, 1 KB`, contestant);
    const own = (way: string) => of(way, 'nestjs-hot-config');
    const times = (way: string, contestant: string) => own(way) / of(way, contestant);
    const applying = ['c12 watchConfig', 'polling every second'];
    return {
      name: 'latency',
      title: 'From a save to the handler',
      method:
        'A JSON file is saved in three ways. In the last two, the new content was written and synced before. Each contestant follows a file of its own. ' +
        `The time is from just before the last system call of the save until the contestant has the new value. ${missed.length === 0 ? 'No contestant missed a save.' : `${missed.join('; ')}.`}`,
      rows,
      targets: [
        ...['replaced by rename', 'ConfigMap swap'].flatMap((way) => [
          { text: `${way}, 1 KB, p50`, measured: own(way), atMost: 15, unit: 'ms' },
          {
            text: `${way}, 1 KB, against bare fs.watch`,
            measured: times(way, 'fs.watch, bare'),
            atMost: 3,
            unit: '×',
            floor: FLOOR,
          },
          {
            text: `${way}, 1 KB, against the best package that applies it`,
            measured: Math.max(
              ...applying.map((peer) => times(way, peer)).filter((ratio) => !Number.isNaN(ratio)),
            ),
            atMost: 1,
            unit: '×',
          },
        ]),
        { text: 'written in place, 1 KB, p50', measured: own('written in place'), atMost: 80, unit: 'ms' },
      ],
    };
  },
};
