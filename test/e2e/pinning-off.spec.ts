import 'reflect-metadata';
import { Controller, Get, type INestApplication, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type ConfigSnapshot,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  PinConfig,
  type ProbationOptions,
  Refreshable,
  refreshable,
} from 'nestjs-hot-config';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Flips, flippingConfig } from '../support/flips.js';
import { MemorySource } from '../support/memory.source.js';

@Controller()
class StepsController {
  constructor(
    private readonly flips: Flips,
    private readonly config: HotConfigService,
  ) {}

  @Get('unpinned')
  async unpinned(): Promise<number[]> {
    const { pins } = this.flips;
    await this.flips.step('unpinned');
    return [pins, ...this.flips.versions];
  }

  @Get('pinned')
  @PinConfig()
  async pinned(): Promise<number[]> {
    await this.flips.step('pinned');
    return this.flips.versions;
  }

  @Get('run-pinned')
  runPinned(): Promise<number[]> {
    return this.config.runPinned(() => this.pinned());
  }
}

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };
let app: INestApplication | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await app?.close();
});

describe.each(Object.keys(adapters) as (keyof typeof adapters)[])('With pinning: false, %s', (name) => {
  async function get(path: string): Promise<number[]> {
    const { imports, providers } = flippingConfig({ pinning: false });
    @Module({ imports, providers, controllers: [StepsController] })
    class AppModule {}
    app = await NestFactory.create(AppModule, adapters[name](), { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    return (await (await fetch(`${await app.getUrl()}/${path}`)).json()) as number[];
  }

  it('takes no pin for a request, which reads the current version each time', async () => {
    expect(await get('unpinned')).toEqual([0, 1, 2]);
  });

  it.each(['pinned', 'run-pinned'])('pins the work that asks for it: %s', async (path) => {
    expect(await get(path)).toEqual([1]);
  });
});

describe('With pinning: false, a component that was replaced', () => {
  /** Starts an app whose component is replaced, and stops its timers. */
  async function replace(dispose?: (instance: { n: number }) => void): Promise<HotConfigManager> {
    const source = new MemorySource({ n: 1 });
    const component = refreshable({
      provide: 'COMPONENT',
      on: 'n',
      useFactory: (snapshot: ConfigSnapshot<{ n: number }>) => ({ n: snapshot.value.n }),
      ...(dispose && { dispose }),
      drainTimeout: '1m',
    });
    @Module({
      imports: [HotConfigModule.forRoot({ sources: [source], pinning: false })],
      providers: [component],
    })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.init();
    const manager = app.get(HotConfigManager);
    // Only the timers: the app itself needs the rest.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    source.set({ n: 2 });
    await manager.reload();
    return manager;
  }

  it('is kept until its drainTimeout is over, also if it has nothing to dispose of', async () => {
    const manager = await replace();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(manager.status().refreshables.draining).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(manager.status().refreshables).toMatchObject({ draining: 0, disposed: 1 });
  });

  it('is disposed of when its drainTimeout is over: a request may use it', async () => {
    const disposed: number[] = [];
    const manager = await replace(({ n }) => disposed.push(n));
    app!.get(HotConfigService).runPinned(() => undefined); // replace() has started it
    await vi.advanceTimersByTimeAsync(59_000);
    expect([disposed, manager.status().refreshables.draining]).toEqual([[], 1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([disposed, manager.status().refreshables.draining]).toEqual([[1], 0]);
    expect(app!.get<Refreshable<{ n: number }>>('COMPONENT').get().n).toBe(2); // as above
  });
});

describe('With pinning: false, the app', () => {
  @Injectable()
  @Refreshable('n', { drainTimeout: Infinity })
  class Endless {}
  const endless = refreshable({
    provide: 'ENDLESS',
    on: 'n',
    useFactory: () => ({}),
    drainTimeout: Infinity,
  });

  it.each([
    ['Endless', Endless],
    ['ENDLESS', endless],
  ])('does not start with a component that would never be disposed of: %s', async (label, provider) => {
    @Module({ imports: [HotConfigModule.forRoot({ sources: [], pinning: false })], providers: [provider] })
    class AppModule {}
    const started = NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await expect(started.then((created) => created.init())).rejects.toThrow(
      `The drainTimeout of ${label} is Infinity, but the option "pinning" is false`,
    );
  });

  it.each([
    [{ requestVersion: { header: 'x-version', allow: () => true } }, 'requestVersion'],
    [{ probation: { for: '1m', maxErrorRate: 0.5, healthCheck: () => true } }, 'probation.maxErrorRate'],
  ] as const)('does not start with %o, which needs pins', async (options, name) => {
    @Module({ imports: [HotConfigModule.forRoot({ sources: [], pinning: false, ...options })] })
    class AppModule {}
    await expect(NestFactory.create(AppModule, { logger: false, abortOnError: false })).rejects.toThrow(
      `The option "${name}" needs pinned requests, but the option "pinning" is false`,
    );
  });

  it('starts with a probation that has a health check, and with no other', async () => {
    const create = (probation: ProbationOptions) => {
      @Module({ imports: [HotConfigModule.forRoot({ sources: [], pinning: false, probation })] })
      class AppModule {}
      return NestFactory.create(AppModule, { logger: false, abortOnError: false });
    };
    await expect(create({ for: '1m' })).rejects.toThrow('The option "probation" has no "healthCheck"');
    app = await create({ for: '1m', healthCheck: () => true });
  });
});
