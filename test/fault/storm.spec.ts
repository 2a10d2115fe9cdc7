import 'reflect-metadata';
import { mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Controller, Get, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  OnConfigChange,
  directory,
  file,
  type ConfigChangeEvent,
  type ConfigSnapshot,
  type ConfigValidator,
  type WatchOptions,
} from 'nestjs-hot-config';
import { describe, expect, it, onTestFailed } from 'vitest';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { isStormRun } from '../support/storm-run.js';
import { Random } from './support/random.js';
import { SavedFile, type Pair } from './support/saved-file.js';

/** Number of saves in a storm: `npm run test:storms` makes more, which find more errors. */
const SAVES = Number(process.env['STORM_SAVES'] ?? (isStormRun ? 2_000 : 400));
const seed = Number(process.env['STORM_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

type Tree = Record<string, Pair | undefined> & { parts?: Record<string, Pair | undefined> };

/** The files of the storm; checks what was read from them. */
class Files {
  readonly all: SavedFile[];

  constructor(folder: TempFolder, random: Random) {
    mkdirSync(folder.file('parts'));
    this.all = [
      new SavedFile(folder.file('a.yaml'), random, { key: 'a' }),
      new SavedFile(folder.file('b.json'), random, { key: 'b' }),
      new SavedFile(folder.file('c.yaml'), random, { key: 'c', optional: true }),
      new SavedFile(folder.file('parts/p.yaml'), random),
      new SavedFile(folder.file('parts/q.json'), random, { optional: true }),
    ];
  }

  /** The pair of each file in a configuration. */
  static pairs(tree: Tree): (Pair | undefined)[] {
    return [tree['a'], tree['b'], tree['c'], tree.parts?.['p'], tree.parts?.['q']];
  }

  problems(tree: Tree): string[] {
    const pairs = Files.pairs(tree);
    return this.all.flatMap((saved, index) => saved.problemOf(pairs[index]) ?? []);
  }
}

/** Collects the snapshots that handlers and requests read, and their problems. */
class Witness {
  readonly problems = new Set<string>();
  readonly versions: number[] = [];
  requests = 0;

  constructor(private readonly files: Files) {}

  /** Checks a snapshot that was read; `where` names the reader. */
  saw(where: string, snapshot: ConfigSnapshot<Tree>): void {
    for (const problem of this.files.problems(snapshot.value))
      this.problems.add(`${where}, version ${snapshot.version}: ${problem}`);
  }

  check(where: string, condition: boolean): void {
    if (!condition) this.problems.add(where);
  }
}

@Injectable()
class Follower {
  constructor(
    @Inject(Witness) private readonly witness: Witness,
    private readonly config: HotConfigService<Tree>,
  ) {}

  @OnConfigChange('**')
  onChange({ previous, current, changes }: ConfigChangeEvent<Tree>) {
    this.witness.saw('handler', current);
    this.witness.check('a handler is called without changes', changes.length > 0);
    this.witness.check('a handler reads another version', this.config.snapshot === current);
    this.witness.check('versions are out of order', current.version > (this.witness.versions.at(-1) ?? 1));
    this.witness.check('a version is left out', previous.version === (this.witness.versions.at(-1) ?? 1));
    this.witness.versions.push(current.version);
  }

  @OnConfigChange('**')
  async slow({ current }: ConfigChangeEvent<Tree>) {
    await delay(current.version % 50);
    this.witness.saw('slow handler', this.config.snapshot);
  }
}

@Controller()
class RequestController {
  constructor(
    @Inject(Witness) private readonly witness: Witness,
    private readonly config: HotConfigService<Tree>,
  ) {}

  @Get()
  async read() {
    const first = this.config.snapshot;
    this.witness.saw('request', first);
    for (const ms of [0, 5, 10]) {
      await delay(ms);
      this.witness.check('a request changes its version', this.config.snapshot === first);
      this.witness.check(
        'a request reads another value',
        this.config.get<Pair>('a' as never) === first.value['a'],
      );
    }
    this.witness.requests += 1;
    return { version: first.version };
  }
}

const positive: ConfigValidator<Tree> = (tree) =>
  Files.pairs(tree).some((pair) => pair !== undefined && !(pair.n >= 0))
    ? 'a number is below zero'
    : undefined;

async function start(
  folder: TempFolder,
  witness: Witness,
  adapter: ExpressAdapter | FastifyAdapter,
  options: WatchOptions,
) {
  @Module({
    imports: [
      HotConfigModule.forRoot({
        sources: [
          file(folder.file('a.yaml')),
          file(folder.file('b.json')),
          file(folder.file('c.yaml'), { optional: true }),
          directory(folder.file('parts'), { mount: 'parts' }),
        ],
        validators: [positive as ConfigValidator<object>],
        settleTimeout: 250,
        // After this time content is read while it is still written. The storm has lulls, and must not reach it.
        maxWait: 30_000,
        ...options,
        circuitBreaker: { failures: 10, delay: 20, maxDelay: 50 },
      }),
    ],
    controllers: [RequestController],
    providers: [Follower, { provide: Witness, useValue: witness }],
  })
  class StormModule {}
  const app = await NestFactory.create(StormModule as Type, adapter, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Sends requests, one after the other, until the signal is aborted. */
async function load(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await (await fetch(url)).arrayBuffer();
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Resources that must not grow. Sockets are left out: they come and go with the requests. */
function heldResources() {
  collectGarbage();
  const descriptors = readdirSync('/proc/self/fd').filter((name) => {
    try {
      return !readlinkSync(`/proc/self/fd/${name}`).startsWith('socket:');
    } catch {
      return false; // the descriptor that this listing used
    }
  });
  const resources = process.getActiveResourcesInfo();
  return {
    heap: process.memoryUsage().heapUsed,
    descriptors: descriptors.length,
    watches: resources.filter((name) => name === 'FSEventWrap').length,
    timers: resources.filter((name) => name === 'Timeout').length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

describe.skipIf(process.platform !== 'linux')(`A storm of saves (STORM_SEED=${seed})`, () => {
  it.each([
    // By default, a file that grew in steps is not read before twice the longest pause between two steps.
    ['Express', new ExpressAdapter(), {}, { saves: 0.4 * SAVES, gust: 120, lull: () => 900 }],
    [
      'Fastify, with a short debounce',
      new FastifyAdapter(),
      { debounce: 10 },
      {
        saves: 0.6 * SAVES,
        gust: 40,
        lull: (random: Random) => random.int(0, random.next() < 0.7 ? 50 : 500),
      },
    ],
  ])(
    'on %s ends with the content of the files in force, without torn or lost versions and without leaks',
    async (name, adapter, options: WatchOptions, { saves, gust: most, lull }) => {
      const random = new Random(seed + name.length);
      const folder = new TempFolder();
      const files = new Files(folder, random);
      const witness = new Witness(files);
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => void warnings.push(warning);
      process.on('warning', onWarning);
      for (const saved of files.all) await saved.repair();

      const app = await start(folder, witness, adapter, options);
      const [config, manager] = [
        app.get<HotConfigService<Tree>>(HotConfigService),
        app.get(HotConfigManager),
      ];
      const stopping = new AbortController();
      const url = await app.getUrl();
      const loads = [1, 2, 3, 4].map(() => load(url, stopping.signal));

      const storm = async (count: number) => {
        for (let saved = 0; saved < count;) {
          const gust = Math.min(count - saved, random.int(1, most));
          saved += gust;
          await Promise.all(
            Array.from({ length: gust }, async () => {
              const [when, which] = [random.int(0, 200), random.pick(files.all)];
              await delay(when);
              await which.save();
            }),
          );
          await delay(lull(random));
        }
      };
      await storm(saves / 4);
      await manager.settled();
      const before = heldResources();
      await storm((saves / 4) * 3);

      /** Checks whether the configuration in force is the content of the files. Needs valid files. */
      const isContentInForce = () => {
        const content = files.all.map((saved) => (saved.content === 'absent' ? undefined : saved.content));
        const inForce = Files.pairs(config.current.value).map((pair) => pair?.n);
        return JSON.stringify(content) === JSON.stringify(inForce);
      };
      const isValid = files.all.every(({ content }) => content !== 'invalid');
      if (isValid) await until(`the content of the files is in force (seed ${seed})`, isContentInForce);
      for (const saved of files.all) if (saved.content === 'invalid') await saved.repair();
      await until(`the repaired content of the files is in force (seed ${seed})`, isContentInForce);
      stopping.abort();
      await Promise.all(loads);
      await manager.settled();
      await until('no request pins a version', () => manager.status().pins.total === 0);

      const after = heldResources();
      const { reloads, missedEvents, drifted, lastError } = manager.status();
      await app.close();
      process.off('warning', onWarning);
      const story = JSON.stringify({
        seed,
        reloads,
        missedEvents,
        requests: witness.requests,
        lastError,
        before,
        after,
      });
      onTestFailed(() => console.error(story));
      expect([...witness.problems]).toEqual([]);
      expect(drifted).toBe(false);
      expect(witness.versions.at(-1)).toBe(config.current.version);
      expect(witness.versions).toHaveLength(config.current.version - 1);
      expect(warnings).toEqual([]);
      expect(after.heap - before.heap).toBeLessThan(12 * 2 ** 20);
      expect(after.descriptors - before.descriptors).toBeLessThan(3);
      expect(after.watches).toBeLessThanOrEqual(before.watches);
      expect(after.listeners).toBe(before.listeners);
      if (process.env['STORM_STORY'] !== undefined) console.log(story);
    },
    Math.max(90_000, SAVES * 100),
  );
});
