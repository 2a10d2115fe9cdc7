import 'reflect-metadata';
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsInt, ValidateNested } from 'class-validator';
import convict from 'convict';
import { TypedConfigModule } from 'nest-typed-config';
import { factory, HotConfigModule, HotConfigService } from '../../hot-config.js';
import { interleave, nanoseconds, type Measure } from '../harness/interleave.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { medianOf, row } from '../harness/stats.js';

class LimitsConfig {
  @IsInt()
  timeout = 0;
}
class LlmConfig {
  @ValidateNested()
  @Type(() => LimitsConfig)
  limits = new LimitsConfig();
}
class AppConfig {
  @ValidateNested()
  @Type(() => LlmConfig)
  llm = new LlmConfig();
}

const TREE = { llm: { limits: { timeout: 30 } } };
const PATH = 'llm.limits.timeout';
/** The minimal cost of a read that knows its request. */
const FLOOR = 'AsyncLocalStorage, bare';

@Injectable()
class Views {
  constructor(
    readonly config: HotConfigService<AppConfig>,
    readonly llm: LlmConfig,
  ) {}
}

@Module({
  imports: [
    HotConfigModule.forRoot({ schema: AppConfig, sources: [factory(() => TREE)] }),
    HotConfigModule.forFeature(LlmConfig, 'llm'),
  ],
  providers: [Views],
})
class HotModule {}

function peerModule(cache: boolean) {
  return {
    module: class Peer {},
    imports: [ConfigModule.forRoot({ load: [() => TREE], cache, ignoreEnvFile: true })],
  };
}

function typedModule() {
  return {
    module: class Typed {},
    imports: [TypedConfigModule.forRoot({ schema: AppConfig, load: () => structuredClone(TREE) })],
  };
}

/** node-config reads its environment when it is loaded. */
async function nodeConfig(): Promise<{ get(path: string): unknown }> {
  process.env['NODE_CONFIG'] = JSON.stringify(TREE);
  process.env['SUPPRESS_NO_CONFIG_WARNING'] = 'true';
  return ((await import('config')) as { default: { get(path: string): unknown } }).default;
}

/** Cost of reading, which an app does many times in each request. */
export const read: Bench = {
  name: 'read',
  async run(quick) {
    const calls = quick ? 200_000 : 500_000;
    const rounds = quick ? 7 : 21;
    const open = (module: never) => NestFactory.createApplicationContext(module, { logger: false });
    const hot = await open(HotModule as never);
    const [cached, uncached, typed] = await Promise.all([
      open(peerModule(true) as never),
      open(peerModule(false) as never),
      open(typedModule() as never),
    ]);
    const { config, llm } = hot.get(Views);
    const peers = { cached: cached.get(ConfigService), uncached: uncached.get(ConfigService) };
    const typedConfig = typed.get(AppConfig);
    const file = await nodeConfig();
    const convicted = convict({
      llm: { limits: { timeout: { default: 30, format: 'int' } } },
    } as never) as unknown as {
      get(path: string): number;
    };
    const plain = structuredClone(TREE);
    const context = new AsyncLocalStorage<typeof TREE>();
    const measure = (fn: () => number) => nanoseconds(calls, 30, fn);
    const contestants = new Map<string, Measure>([
      ['plain property', measure(() => plain.llm.limits.timeout)],
      ['get', measure(() => config.get(PATH) as number)],
      ['value', measure(() => config.value.llm.limits.timeout)],
      ['typed view', measure(() => llm.limits.timeout)],
      [FLOOR, measure(() => (context.getStore() ?? plain).llm.limits.timeout)],
      ['@nestjs/config get, cached', measure(() => peers.cached.get(PATH) as number)],
      ['@nestjs/config get', measure(() => peers.uncached.get(PATH) as number)],
      ['nest-typed-config property', measure(() => typedConfig.llm.limits.timeout)],
      ['config get', measure(() => file.get(PATH) as number)],
      ['convict get', measure(() => convicted.get(PATH))],
    ]);
    const outside = await interleave(contestants, rounds);
    const inside = await config.runPinned(() => context.run(plain, () => interleave(contestants, rounds)));
    assert.equal(config.get(PATH), 30);
    const rows: Row[] = [];
    for (const [group, samples] of [
      ['outside of a pin', outside],
      ['inside a pin', inside],
    ] as const)
      for (const [contestant, figures] of samples) rows.push(row(group, contestant, 'ns', figures));
    await Promise.all([hot, cached, uncached, typed].map((app) => app.close()));

    const gets = ['@nestjs/config get, cached', '@nestjs/config get', 'config get', 'convict get'];
    const of = (contestant: string, group = 'inside a pin') => medianOf(rows, group, contestant);
    const floor = `of that, ${(of(FLOOR) - of('plain property')).toFixed(1)} ns are a bare AsyncLocalStorage`;
    const best = Math.min(...gets.map((name) => of(name)));
    return {
      name: 'read',
      title: 'Reading a nested value',
      method: `A sample is the mean of ${calls} reads of \`${PATH}\` in a loop.`,
      rows,
      targets: [
        {
          text: '`get` against the fastest `get` of a peer, inside a pin',
          measured: of('get') / best,
          atMost: 1,
          unit: '×',
        },
        {
          text: '`get` over a plain property, inside a pin',
          measured: of('get') - of('plain property'),
          atMost: 25,
          unit: 'ns',
          floor,
        },
        {
          text: '`value.a.b.c` over a plain property, inside a pin',
          measured: of('value') - of('plain property'),
          atMost: 25,
          unit: 'ns',
          floor,
        },
      ],
    };
  },
};
