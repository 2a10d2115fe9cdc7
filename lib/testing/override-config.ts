import type { INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { bootRuntime } from '../module/boot.js';
import { HOT_CONFIG_OPTIONS, HOT_CONFIG_RUNTIME } from '../runtime/tokens.js';
import { findRuntime } from '../module/find-runtime.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import type { AppliedReload, UnchangedReload } from '../model/reload-result.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import { merge } from '../snapshot/merge.js';
import type { ConfigPartial } from './config-partial.type.js';
import { MemorySource } from './memory.source.js';

/**
 * How a test overrides configuration.
 *
 * @publicApi
 */
export interface OverrideConfigOptions {
  /**
   * True: the app's own files and sources are not read; what is given here, and the defaults of the schema, is all there
   * is. Default false: it comes on top of them.
   */
  readonly only?: boolean;
}

/**
 * Gives the configuration of an app that is not made yet other values, on top of all its sources.
 *
 * @example
 * ```ts
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * const module = await overrideConfig<AppConfig>(builder, { llm: { model: 'fake' } }).compile();
 * ```
 *
 * @returns the builder
 * @publicApi
 */
export function overrideConfig<T extends object = ConfigTree>(
  builder: TestingModuleBuilder,
  values: ConfigPartial<T>,
  options?: OverrideConfigOptions,
): TestingModuleBuilder;
/**
 * Changes configuration while the app runs, on top of all its sources and of what was overridden before, and waits until
 * every handler is through with it. `undefined` leaves a value as it is.
 *
 * @example
 * ```ts
 * await overrideConfig<AppConfig>(app, { llm: { model: 'large' } });
 * ```
 *
 * @throws HotConfigError where the change is rejected; nothing is overridden then
 * @publicApi
 */
export function overrideConfig<T extends object = ConfigTree>(
  app: INestApplicationContext,
  values: ConfigPartial<T>,
): Promise<AppliedReload | UnchangedReload>;
export function overrideConfig(
  target: TestingModuleBuilder | INestApplicationContext,
  values: object,
  { only = false }: OverrideConfigOptions = {},
): TestingModuleBuilder | Promise<AppliedReload | UnchangedReload> {
  return 'overrideProvider' in target
    ? overrideAtBoot(target, values as ConfigTree, only)
    : overrideNow(target, values as ConfigTree);
}

function overrideAtBoot(
  builder: TestingModuleBuilder,
  values: ConfigTree,
  only: boolean,
): TestingModuleBuilder {
  return builder.overrideProvider(HOT_CONFIG_RUNTIME).useFactory({
    inject: [HOT_CONFIG_OPTIONS, ModulesContainer],
    factory: (options: HotConfigModuleOptions, modules: ModulesContainer) =>
      bootRuntime(modules, options, (sources) => [...(only ? [] : sources), new TestOverrides(values)]),
  });
}

async function overrideNow(
  app: INestApplicationContext,
  values: ConfigTree,
): Promise<AppliedReload | UnchangedReload> {
  const runtime = findRuntime(app, 'overrideConfig()');
  const result = await runtime.sources.change((sources) => {
    const before = sources.find((source) => source instanceof TestOverrides);
    const after = before === undefined ? values : merge([before.values, values]);
    return [...sources.filter((source) => source !== before), new TestOverrides(after)];
  });
  await runtime.settled();
  if (result.outcome === 'rejected') throw result.error;
  return result;
}

/** What a test has overridden. Replaced as a whole, so that an override that is rejected is taken back. */
class TestOverrides extends MemorySource {
  constructor(readonly values: ConfigTree) {
    super(values, { name: 'test overrides' });
  }
}
