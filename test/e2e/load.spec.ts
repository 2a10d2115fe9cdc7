import 'reflect-metadata';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Inject, type INestApplication, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type ConfigSnapshot,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  type Refreshable as Handle,
  Refreshable,
  refreshable,
} from 'nestjs-hot-config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/collect-garbage.js';
import { MemorySource } from '../support/memory.source.js';
import { until } from '../support/until.js';

const CONNECTIONS = 50;
const FLIP_EVERY_MS = 50;
const DURATION_MS = 4_000;

/** A component that counts how often it is used after its disposal. */
class Connection {
  static all: Connection[] = [];
  disposals = 0;
  constructor(private readonly n: number) {
    Connection.all.push(this);
  }
  async query(): Promise<number> {
    if (this.disposals > 0) throw new Error(`used after its end: ${this.n}`);
    await turn();
    if (this.disposals > 0) throw new Error(`disposed of in use: ${this.n}`);
    return this.n;
  }
  dispose() {
    this.disposals += 1;
  }
}

@Injectable()
@Refreshable('n')
class Client {
  static made = 0;
  static ended = 0;
  private readonly n: number;
  private ended = false;
  constructor(config: HotConfigService) {
    Client.made += 1;
    this.n = config.get<number>('n');
  }
  async ask(): Promise<number> {
    await turn();
    if (this.ended) throw new Error(`client used after its end: ${this.n}`);
    return this.n;
  }
  onModuleDestroy() {
    this.ended = true;
    Client.ended += 1;
  }
}

@Controller()
class LoadController {
  constructor(
    private readonly config: HotConfigService,
    private readonly client: Client,
    @Inject('connection') private readonly connection: Handle<Connection>,
    @Inject('transparent') private readonly transparent: Connection,
  ) {}

  @Get()
  async read(): Promise<number[]> {
    const seen: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      seen.push(this.config.get<number>('n'), this.config.get<number>('deep.n'));
      seen.push(await this.connection.get().query());
      await delay(Math.random() * 40);
      seen.push(await this.transparent.query(), await this.client.ask());
    }
    return seen;
  }
}

const tree = (n: number) => ({ n, deep: { n } });
const source = new MemorySource(tree(0));
const useFactory = async ({ value }: ConfigSnapshot<{ n: number }>) => {
  await turn();
  return new Connection(value.n);
};
const rules = { on: 'n', useFactory, dispose: (connection: Connection) => connection.dispose() };

@Module({
  imports: [HotConfigModule.forRoot({ sources: [source], enabled: false })],
  controllers: [LoadController],
  providers: [
    Client,
    refreshable({ provide: 'connection', ...rules }),
    refreshable({ provide: 'transparent', transparent: true, ...rules }),
  ],
})
class LoadModule {}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('Under load on %s, while the configuration flips', (_name, adapter) => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    Connection.all = [];
    Client.made = Client.ended = 0;
    source.set(tree(0));
    app = await NestFactory.create(LoadModule, adapter(), { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(() => app.close());

  /** Changes the configuration until the time is over, and keeps a weak reference to each snapshot. */
  async function flip(deadline: number, snapshots: WeakRef<object>[]): Promise<number> {
    const manager = app.get(HotConfigManager);
    const config = app.get<HotConfigService>(HotConfigService);
    let n = 0;
    while (performance.now() < deadline) {
      await delay(FLIP_EVERY_MS);
      snapshots.push(new WeakRef(config.current));
      source.set(tree((n += 1)));
      expect((await manager.reload()).outcome).toBe('applied');
    }
    return n;
  }

  async function request(deadline: number, answers: number[][]): Promise<void> {
    while (performance.now() < deadline) {
      const response = await fetch(url);
      const body = await response.text();
      if (response.status !== 200) throw new Error(body);
      answers.push(JSON.parse(body) as number[]);
    }
  }

  it('every response comes from one version and one set of components, and nothing is left behind', async () => {
    const manager = app.get(HotConfigManager);
    const deadline = performance.now() + DURATION_MS;
    const answers: number[][] = [];
    const snapshots: WeakRef<object>[] = [];
    const [n] = await Promise.all([
      flip(deadline, snapshots),
      ...Array.from({ length: CONNECTIONS }, () => request(deadline, answers)),
    ]);
    expect(answers.filter((answer) => new Set(answer).size !== 1)).toEqual([]);
    expect(new Set(answers.map(([first]) => first)).size).toBeGreaterThan(5);

    await until('no pin is held', () => manager.status().pins.total === 0);
    await until('nothing drains', () => manager.status().refreshables.draining === 0);
    const { built, disposed, disposeErrors } = manager.status().refreshables;
    // Built by the library: all instances of the class except the first, which Nest created.
    expect([built, disposeErrors]).toEqual([3 * n + 2, 0]);
    await until('all are disposed of', () => manager.status().refreshables.disposed === 3 * n);
    expect(disposed).toBeLessThanOrEqual(3 * n);
    expect([Client.made, Client.ended]).toEqual([n + 1, n]);
    const disposals = Connection.all.map((connection) => connection.disposals);
    expect(disposals).toEqual([...Array<number>(2 * n).fill(1), 0, 0]);

    // Ten are in the history; all others have been collected.
    await collectGarbage();
    const alive = snapshots.slice(0, -10).filter((snapshot) => snapshot.deref() !== undefined);
    expect(alive).toHaveLength(0);
  });
});
