import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  type HotConfigModuleOptions,
} from 'nestjs-hot-config';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

async function start(options: HotConfigModuleOptions = {}) {
  const folder = new TempFolder();
  const files = [folder.write('app.yaml', 'n: 1\n')];
  @Module({ imports: [HotConfigModule.forRoot({ files, ...options })] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  const manager = app.get(HotConfigManager);
  return { folder, manager, n: () => app.get<HotConfigService>(HotConfigService).get<number>('n') };
}

afterEach(() => void vi.unstubAllEnvs());

describe('A saved file', () => {
  it.each(['write', 'replace'] as const)('is applied without a request (%s)', async (how) => {
    const { folder, n, manager } = await start();
    folder[how]('app.yaml', 'n: 2\n');
    await until('it is applied', () => n() === 2);
    expect(manager.status().reloads).toEqual({ applied: 2, unchanged: 0, rejected: 0 });
  });

  it('that is not valid leaves the version in force, and the next valid one is applied', async () => {
    const { folder, n, manager } = await start({ settleTimeout: 50 });
    folder.replace('app.yaml', 'n: [2\n');
    await until('it is rejected', () => manager.status().reloads.rejected === 1);
    expect(n()).toBe(1);
    expect(manager.status()).toMatchObject({ drifted: true, lastError: { code: 'CONFIG_PARSE' } });
    folder.replace('app.yaml', 'n: 3\n');
    await until('the good one is applied', () => n() === 3);
    expect(manager.status().drifted).toBe(false);
  });
});

describe('Watching', () => {
  it.each<[string, Record<string, string>, HotConfigModuleOptions]>([
    ['HOT_RELOAD_ENABLED=false', { HOT_RELOAD_ENABLED: 'false' }, {}],
    ['HOT_RELOAD_ENABLED=0', { HOT_RELOAD_ENABLED: '0' }, {}],
    [
      'HOT_RELOAD_ENABLED=OFF, even if the options enable it',
      { HOT_RELOAD_ENABLED: ' OFF ' },
      { enabled: true },
    ],
    ['enabled: false', {}, { enabled: false }],
    ['enabled: false, even if the variable enables it', { HOT_RELOAD_ENABLED: 'true' }, { enabled: false }],
    ['another environment', { NODE_ENV: 'production' }, { environments: ['development', 'test'] }],
  ])('is off with %s: configuration is loaded once, and reload() works', async (_what, env, options) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { folder, n, manager } = await start(options);
    expect(manager.status()).toMatchObject({ watching: false, watchedFiles: [] });
    folder.write('app.yaml', 'n: 2\n');
    expect((await manager.reload()).outcome).toBe('applied');
    expect(n()).toBe(2);
  });

  it.each<[string, Record<string, string | undefined>, HotConfigModuleOptions]>([
    ['no options', {}, {}],
    ['HOT_RELOAD_ENABLED=true', { HOT_RELOAD_ENABLED: 'true' }, {}],
    ['HOT_RELOAD_ENABLED empty', { HOT_RELOAD_ENABLED: '' }, {}],
    ['the right environment', { NODE_ENV: 'staging' }, { environments: ['staging'] }],
    [
      'development as the environment if NODE_ENV is not set',
      { NODE_ENV: undefined },
      { environments: ['development'] },
    ],
  ])('is on with %s', async (_what, env, options) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect((await start(options)).manager.status().watching).toBe(true);
  });

  it('can be stopped, and applies missed changes when it is started again', async () => {
    const { folder, n, manager } = await start();
    await manager.disable();
    expect(manager.status()).toMatchObject({ watching: false, watchedFiles: [] });
    folder.write('app.yaml', 'n: 2\n');
    await manager.settled();
    expect(n()).toBe(1);
    await manager.enable();
    expect(n()).toBe(2);
    folder.write('app.yaml', 'n: 3\n');
    await until('it is watched again', () => n() === 3);
  });

  it('can be started if it was disabled', async () => {
    const { folder, n, manager } = await start({ enabled: false });
    folder.write('app.yaml', 'n: 2\n');
    await manager.enable();
    expect(n()).toBe(2);
  });

  it('may be stopped twice, or before it was ever started', async () => {
    const { manager } = await start({ enabled: false });
    await manager.disable();
    await manager.disable();
    expect(manager.status().watching).toBe(false);
  });
});
