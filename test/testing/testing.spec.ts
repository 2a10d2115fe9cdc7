import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsIn, IsNumber, Max, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import {
  BeforeConfigChange,
  type ConfigChangeEvent,
  HotConfigManager,
  HotConfigModule,
  type HotConfigModuleOptions,
  HotConfigService,
  OnConfigChange,
} from 'nestjs-hot-config';
import { memory, overrideConfig, settled } from 'nestjs-hot-config/testing';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { TempFolder } from '../support/temp-folder.js';
import { ChildApp } from '../support/child-app.js';

class LlmConfig {
  @IsIn(['small', 'large'])
  model = 'small';

  @IsNumber()
  @Max(2)
  temperature = 0.7;
}

class AppConfig {
  @ValidateNested()
  @Type(() => LlmConfig)
  llm = new LlmConfig();

  names: string[] = [];
}

@Injectable()
class Follower {
  readonly seen: string[] = [];

  @OnConfigChange('llm.*')
  async follow({ changes }: ConfigChangeEvent<AppConfig>): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.seen.push(...changes.map(({ path, current }) => `${path} ${String(current)}`));
  }

  @BeforeConfigChange('names')
  check({ candidate }: { candidate: { value: AppConfig } }): void {
    if (candidate.value.names.includes('root')) throw new Error('root is not allowed');
  }
}

function builderOf(options: HotConfigModuleOptions<AppConfig>) {
  @Module({
    imports: [HotConfigModule.forRoot({ schema: AppConfig, unknownKeys: 'reject', ...options })],
    providers: [Follower],
  })
  class AppModule {}
  return Test.createTestingModule({ imports: [AppModule] });
}

async function start(builder: ReturnType<typeof builderOf>) {
  const app = await builder.compile();
  await app.init();
  onTestFinished(() => app.close());
  return {
    app,
    config: app.get<HotConfigService<AppConfig>>(HotConfigService),
    manager: app.get(HotConfigManager),
    follower: app.get(Follower),
  };
}

describe('memory()', () => {
  it('is in force, and all handlers have finished, when settled() resolves', async () => {
    const source = memory<AppConfig>({ llm: { temperature: 1 } });
    const { app, config, manager, follower } = await start(builderOf({ sources: [source] }));
    expect(config.value).toMatchObject({ llm: { model: 'small', temperature: 1 } });
    source.patch({ llm: { model: 'large' } });
    await settled(app);
    expect(config.value).toMatchObject({ llm: { model: 'large', temperature: 1 } });
    expect(follower.seen).toEqual(['llm.model large']);
    expect(manager.status()).toMatchObject({ version: 2, cause: 'file', reloads: { applied: 2 } });
  });

  it('replaces its content by set(), and merges into it by patch()', async () => {
    const source = memory<AppConfig>({ llm: { temperature: 1 }, names: ['a', 'b'] });
    const { app, config } = await start(builderOf({ sources: [source] }));
    source.patch({ llm: { model: 'large' }, names: ['c'] });
    await settled(app);
    expect(config.value).toEqual({ llm: { model: 'large', temperature: 1 }, names: ['c'] });
    source.set({ llm: { model: 'large' } });
    await settled(app);
    expect(config.value).toEqual({ llm: { model: 'large', temperature: 0.7 }, names: [] });
  });

  it('combines several changes in a row into one version, and the last one wins', async () => {
    const source = memory<AppConfig>({});
    const { app, config, manager } = await start(builderOf({ sources: [source] }));
    for (const temperature of [0.1, 0.2, 0.3]) source.patch({ llm: { temperature } });
    await settled(app);
    expect(config.get('llm.temperature')).toBe(0.3);
    expect(manager.status().version).toBe(2);
  });

  it('is rejected like any source, and the last good content stays in force', async () => {
    const source = memory<AppConfig>({}, { name: 'flags' });
    const { app, config, manager } = await start(builderOf({ sources: [source] }));
    source.set({ llm: { temperature: 3 } });
    await settled(app);
    expect(config.get('llm.temperature')).toBe(0.7);
    expect(manager.status().lastError?.message).toBe(
      'Configuration rejected at validate, keeping version 1:\n  flags  llm.temperature must not be greater than 2 (was 3)',
    );
  });

  it('fails after fail(), like a missing file, until its content is set again', async () => {
    const source = memory<AppConfig>({ llm: { model: 'large' } });
    const { app, config, manager } = await start(builderOf({ sources: [source] }));
    source.fail(new Error('the store is down'));
    await settled(app);
    expect(manager.status()).toMatchObject({ version: 1, drifted: true });
    expect(manager.status().lastError?.message).toContain('the store is down');
    source.patch({ llm: { temperature: 0 } });
    await settled(app);
    expect(config.get('llm')).toEqual({ model: 'large', temperature: 0 });
  });

  it('keeps its last content on a failure if `onError` is keep', async () => {
    const source = memory<AppConfig>({ llm: { model: 'large' } }, { onError: 'keep' });
    const { app, config, manager } = await start(builderOf({ sources: [source] }));
    source.fail(new Error('the store is down'));
    await settled(app);
    expect(manager.status().drifted).toBe(false);
    expect(config.get('llm.model')).toBe('large');
  });

  it('copies the objects that a test passes to it', async () => {
    const names = ['a'];
    const { app, config, manager } = await start(builderOf({ sources: [memory<AppConfig>({ names })] }));
    names.push('b');
    await manager.reload();
    await settled(app);
    expect(config.get('names')).toEqual(['a']);
    expect(Object.isFrozen(names)).toBe(false);
  });

  it('knows the types of the configuration', () => {
    const source = memory<AppConfig>({ llm: { model: 'small' } });
    // @ts-expect-error: there is no such key
    source.patch({ llm: { modle: 'large' } });
    // @ts-expect-error: nor such a type
    source.patch({ llm: { temperature: 'hot' } });
    expectTypeOf<Parameters<typeof source.set>[0]['names']>().toEqualTypeOf<string[] | undefined>();
    memory({ anything: { goes: [1, '2', { three: 3 }] } });
  });
});

describe('settled()', () => {
  it('needs an app that has been initialised: no handler is registered before', async () => {
    const app = await builderOf({ sources: [memory<AppConfig>({})] }).compile();
    onTestFinished(() => app.close());
    await expect(settled(app)).rejects.toMatchObject({
      code: 'CONFIG_NOT_STARTED',
      message: expect.stringContaining('await app.init()') as string,
    });
    await app.init();
    await settled(app);
  });

  it('keeps the process alive until a handler has been called', async () => {
    const app = await ChildApp.run('settles', new TempFolder().path);
    expect(await app.ended).toBe(0);
    expect(app.lines).toEqual(['called', 'settled']);
  });

  it('does not need watching', async () => {
    const source = memory<AppConfig>({});
    const { app, config, follower } = await start(builderOf({ sources: [source], enabled: false }));
    source.patch({ llm: { model: 'large' } });
    await settled(app);
    expect(config.get('llm.model')).toBe('large');
    expect(follower.seen).toEqual(['llm.model large']);
  });

  it('neither waits nor reloads if nothing has changed', async () => {
    const { app, manager } = await start(builderOf({ sources: [memory<AppConfig>({})] }));
    const before = manager.status().reloads;
    await settled(app);
    expect(manager.status().reloads).toEqual(before);
  });

  it('does not wait for a circuit breaker or a rate limit', async () => {
    const source = memory<AppConfig>({});
    const { app, config } = await start(
      builderOf({ sources: [source], circuitBreaker: { failures: 1, delay: 60_000, maxDelay: 60_000 } }),
    );
    source.set({ llm: { temperature: 9 } });
    await settled(app);
    source.set({ llm: { temperature: 2 } });
    await settled(app);
    expect(config.get('llm.temperature')).toBe(2);
  });
});

describe('overrideConfig()', () => {
  const files = (text: string) => [new TempFolder().write('app.yaml', text)];

  it('overrides the files of an app before it is created', async () => {
    const builder = builderOf({ files: files('llm: { model: large, temperature: 1 }') });
    const { config, manager } = await start(overrideConfig<AppConfig>(builder, { llm: { temperature: 0 } }));
    expect(config.get('llm')).toEqual({ model: 'large', temperature: 0 });
    expect(manager.status()).toMatchObject({ version: 1, reloads: { applied: 1 } });
  });

  it('reads no files with `only`', async () => {
    const builder = builderOf({ files: ['/does/not/exist.yaml'] });
    const values = { llm: { temperature: 0 } };
    const { config, manager } = await start(overrideConfig<AppConfig>(builder, values, { only: true }));
    expect(config.value).toEqual({ llm: { model: 'small', temperature: 0 }, names: [] });
    expect(manager.status().sources).toMatchObject([{ name: 'test overrides', health: 'live' }]);
  });

  it('changes a running app, on top of its files and of earlier overrides', async () => {
    const builder = builderOf({ files: files('llm: { model: large }') });
    const { app, config, follower } = await start(
      overrideConfig<AppConfig>(builder, { llm: { temperature: 0 } }),
    );
    const result = await overrideConfig<AppConfig>(app, { llm: { model: 'small' } });
    expect(result).toMatchObject({ outcome: 'applied', version: 2 });
    expect(config.get('llm')).toEqual({ model: 'small', temperature: 0 });
    expect(follower.seen).toEqual(['llm.model small']);
    expect(await overrideConfig<AppConfig>(app, { llm: { model: 'small' } })).toMatchObject({
      outcome: 'unchanged',
    });
  });

  it('needs no earlier override, and keeps other sources watched', async () => {
    const source = memory<AppConfig>({});
    const { app, config } = await start(builderOf({ sources: [source] }));
    await overrideConfig<AppConfig>(app, { llm: { model: 'large' } });
    source.set({ llm: { temperature: 1 } });
    await settled(app);
    expect(config.get('llm')).toEqual({ model: 'large', temperature: 1 });
  });

  it('throws the error of a rejected change, and undoes it', async () => {
    const { app, config, manager } = await start(builderOf({ sources: [memory<AppConfig>({})] }));
    await overrideConfig<AppConfig>(app, { names: ['a'] });
    await expect(overrideConfig<AppConfig>(app, { llm: { temperature: 3 } })).rejects.toThrow(
      'test overrides  llm.temperature must not be greater than 2 (was 3)',
    );
    await expect(overrideConfig<AppConfig>(app, { names: ['root'] })).rejects.toThrow(
      'Follower.check refused the change of names',
    );
    expect(config.value).toEqual({ llm: { model: 'small', temperature: 0.7 }, names: ['a'] });
    expect(manager.status().drifted).toBe(false);
  });

  it('does not start the app with values that are not valid', async () => {
    const builder = overrideConfig<AppConfig>(builderOf({}), { llm: { temperature: 3 } });
    await expect(builder.compile()).rejects.toThrow('must not be greater than 2');
  });

  it('knows the types of the configuration', () => {
    const builder = builderOf({});
    // @ts-expect-error: there is no such key
    overrideConfig<AppConfig>(builder, { llm: { modle: 'large' } });
    expectTypeOf(overrideConfig<AppConfig>(builder, {})).toEqualTypeOf<typeof builder>();
  });
});
