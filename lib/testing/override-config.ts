import type { INestApplicationContext } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { bootRuntime } from '../module/boot.js';
import { HOT_CONFIG_OPTIONS, HOT_CONFIG_RUNTIME } from '../model/tokens.js';
import { findPort } from '../module/find-port.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import type { AppliedReload, UnchangedReload } from '../model/reload-result.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import { merge } from '../snapshot/merge.js';
import type { ConfigPartial } from './config-partial.type.js';
import { MemorySource } from './memory.source.js';

/**
 * Options of `overrideConfig()`.
 *
 * @publicApi
 */
export interface OverrideConfigOptions {
  /**
   * `true` ignores the files and sources of the app: only the given values and the defaults of the schema apply. Default
   * `false`: the values are applied on top of the sources.
   */
  readonly only?: boolean;
}

/**
 * Overrides configuration values of an app before it is created, on top of all its sources.
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
 * Overrides configuration values of a running app, on top of all its sources and of earlier overrides of the test.
 * Resolves when every handler has finished. `undefined` leaves a value unchanged.
 *
 * @example
 * ```ts
 * await overrideConfig<AppConfig>(app, { llm: { model: 'large' } });
 * ```
 *
 * @throws HotConfigError if the change is rejected; then nothing is overridden
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
  const port = findPort(app, 'overrideConfig()');
  const result = await port.sources.change((sources) => {
    const before = sources.find((source) => source instanceof TestOverrides);
    const after = before === undefined ? values : merge([before.values, values]);
    return [...sources.filter((source) => source !== before), new TestOverrides(after)];
  });
  await port.settled();
  if (result.outcome === 'rejected') throw result.error;
  return result;
}

/** The overrides of a test. Replaced as a whole, so that the list of sources undoes a rejected override. */
class TestOverrides extends MemorySource {
  constructor(readonly values: ConfigTree) {
    super(values, { name: 'test overrides' });
  }
}
