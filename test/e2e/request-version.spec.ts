import 'reflect-metadata';
import { Controller, Get, Module, Query, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HotConfigManager, HotConfigService, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Flips, flippingConfig } from '../support/flips.js';
import { until } from '../support/until.js';

@Controller()
class ReadController {
  constructor(
    private readonly config: HotConfigService,
    private readonly flips: Flips,
  ) {}

  @Get()
  read() {
    return { n: this.flips.read('read'), hash: this.config.snapshot.hash };
  }

  @Get('hold')
  async hold(@Query('ms') ms: string) {
    await delay(Number(ms));
    return this.read();
  }

  @Get('leave')
  leave() {
    setTimeout(() => this.flips.read('left behind'), 50);
    return {};
  }
}

type Read = { readonly n: number; readonly hash: string };

async function start(options: HotConfigModuleOptions, adapter = 'Express') {
  const { imports, providers } = flippingConfig(options);
  @Module({ imports, providers, controllers: [ReadController] })
  class AppModule {}
  const warnings: string[] = [];
  const ignore = () => undefined;
  const logger = { log: ignore, error: ignore, warn: (message: string) => warnings.push(message) };
  const httpAdapter = adapter === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
  const app: INestApplication = await NestFactory.create(AppModule, httpAdapter, {
    logger,
    abortOnError: false,
  });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const read = async (headers: Record<string, string> = {}, path = '') =>
    (await (await fetch(`${url}/${path}`, { headers })).json()) as Read;
  return {
    config: app.get(HotConfigService),
    flips: app.get(Flips),
    manager: app.get(HotConfigManager),
    read,
    warnings,
  };
}

const HEADER = 'x-config-version';
const mayReplay = (request: { readonly headers: Record<string, unknown> }) =>
  request.headers['x-key'] === 'key';
const requestVersion = { header: HEADER, allow: mayReplay };

describe('A request that selects a version', () => {
  it('has no effect unless the app allows it', async () => {
    const { flips, read } = await start({});
    await flips.flip();
    expect((await read({ [HEADER]: '1' })).n).toBe(2);
  });

  it.each(['Express', 'Fastify'])(
    'gets it by number and by hash on %s, if the guard allows it',
    async (adapter) => {
      const { flips, read } = await start({ requestVersion }, adapter);
      const { hash } = await read();
      await flips.flip();
      await flips.flip();
      expect((await read({ [HEADER]: '1', 'x-key': 'key' })).n).toBe(1);
      expect((await read({ [HEADER]: hash, 'x-key': 'key' })).n).toBe(1);
      expect((await read({ [HEADER]: '2', 'x-key': 'key' })).n).toBe(2);
      expect((await read({ [HEADER]: '1' })).n).toBe(3);
      expect((await read({ 'x-key': 'key' })).n).toBe(3);
    },
  );

  it('selects it by the header in any case of its name', async () => {
    const { flips, read } = await start({
      requestVersion: { ...requestVersion, header: 'X-Config-Version' },
    });
    await flips.flip();
    expect((await read({ [HEADER]: '1', 'x-key': 'key' })).n).toBe(1);
  });

  it('is not allowed by a guard that returns a promise', async () => {
    const allow = (() => Promise.resolve(false)) as unknown as () => boolean;
    const { flips, read } = await start({ requestVersion: { header: HEADER, allow } });
    await flips.flip();
    expect((await read({ [HEADER]: '1' })).n).toBe(2);
  });

  it.each(['Express', 'Fastify'])(
    'fails if the guard throws on %s, and no other request does',
    async (adapter) => {
      const allow = () => {
        throw new Error('broken');
      };
      const { flips, read } = await start({ requestVersion: { header: HEADER, allow } }, adapter);
      expect(await read({ [HEADER]: '1' })).toMatchObject({ statusCode: 500 });
      expect((await read()).n).toBe(1);
      await until('all pins have ended', () => flips.pins === 0);
    },
  );

  it('gets the current version if the selected one is unknown or no longer in history', async () => {
    const { flips, read } = await start({ requestVersion, history: { max: 2 } });
    for (let i = 0; i < 3; i += 1) await flips.flip();
    for (const version of ['99', '1', 'no hash', '-1', '']) {
      expect((await read({ [HEADER]: version, 'x-key': 'key' })).n).toBe(4);
    }
    expect((await read({ [HEADER]: '3', 'x-key': 'key' })).n).toBe(3);
  });

  it('gets a version that history keeps only because another request still holds it', async () => {
    const { flips, read, manager } = await start({ requestVersion, history: { max: 1 } });
    const holder = read({}, 'hold?ms=300');
    await until('it holds version 1', () => manager.status().pins.byVersion[1] === 1);
    await flips.flip();
    await flips.flip();
    expect((await read({ [HEADER]: '1', 'x-key': 'key' })).n).toBe(1);
    await holder;
    await until('it is released', () => manager.status().pins.total === 0);
    expect((await read({ [HEADER]: '1', 'x-key': 'key' })).n).toBe(3);
  });
});

describe('A pin that is held for long', () => {
  it('is reported once in a warning, with its holder and version', async () => {
    const { read, warnings, manager } = await start({ pinWarnAfter: 40 });
    const answer = read({}, 'hold?ms=400&token=hidden');
    await until('it is warned about', () => warnings.length > 0);
    expect(manager.status().pins).toMatchObject({ total: 1, byVersion: { 1: 1 } });
    expect(manager.status().pins.oldestAgeMs).toBeGreaterThanOrEqual(40);
    await answer;
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^GET \/hold has been holding configuration version 1 for \d+ ms$/);
    expect(warnings[0]).not.toContain('hidden');
  });

  it('is reported with the stack of the call if it is a function', async () => {
    const { config, warnings } = await start({ pinWarnAfter: 40 });
    await config.runPinned(() => delay(200));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^a pinned function has been holding .*; it was pinned at:\n[^]*request-version\.spec/,
      ),
    ]);
  });

  it('is not reported if the warning is disabled', async () => {
    const { read, warnings } = await start({ pinWarnAfter: 0 });
    await read({}, 'hold?ms=100');
    expect(warnings).toEqual([]);
  });
});

describe('Code that a request left behind', () => {
  it('reads the version of the request with afterPinEnd: keep', async () => {
    const { flips, read } = await start({ afterPinEnd: 'keep' });
    await read({}, 'leave');
    await flips.flip();
    await until('its timer has fired', () => flips.steps.includes('left behind'));
    expect(flips.seen.at(-1)).toEqual(['left behind', 1]);
    expect(flips.pins).toBe(0);
  });
});
