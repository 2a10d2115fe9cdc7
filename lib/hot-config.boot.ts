import { Logger } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { Environment } from './environment/environment.js';
import { readsEnvironment } from './environment/environment-options.js';
import { HotConfigRuntime } from './hot-config.runtime.js';
import type { HotConfigModuleOptions } from './interfaces/hot-config-module-options.interface.js';
import { checkModuleOptions } from './options/module-options.js';
import type { ChangeSources } from './reload/source-list.js';
import { type ConfigMaker, Feature } from './views/feature.js';

/** A runtime that has loaded its configuration. `changeSources` has the last word on where from. */
export async function bootedRuntime(
  options: HotConfigModuleOptions,
  modules: ModulesContainer,
  changeSources: ChangeSources = (sources) => sources,
): Promise<HotConfigRuntime> {
  checkModuleOptions(options);
  const runtime = new HotConfigRuntime(
    options,
    new Logger('HotConfig'),
    [...(await featuresOf(options, modules))],
    environmentOf(options, modules),
  );
  runtime.reloader.intake.replaceSources(changeSources(runtime.reloader.sources));
  await runtime.boot();
  return runtime;
}

/** The one that `forRoot()` began to read; of options that were not known then, one that has not begun. */
function environmentOf(options: HotConfigModuleOptions, modules: ModulesContainer): Environment | undefined {
  const begun = instancesIn(modules).find((instance) => instance instanceof Environment);
  return begun ?? (readsEnvironment(options) ? new Environment(options) : undefined);
}

/** The factories that options and modules name: known before anything is made, so that they are part of version 1. */
async function featuresOf(
  { load = [] }: HotConfigModuleOptions,
  modules: ModulesContainer,
): Promise<Feature[]> {
  const declared = instancesIn(modules).filter((instance) => instance instanceof Feature);
  const loaded = declared.filter(({ loadedAt }) => loadedAt !== undefined);
  // Options that were not known when modules were put together: their factories have no provider.
  const late =
    loaded.length > 0
      ? []
      : (await Promise.all(load.map(async (make) => make))).map((make, at) => new Feature(make, at));
  const others = declared.filter(({ loadedAt }) => loadedAt === undefined);
  return [...loaded, ...late, ...others, ...featuresOfConfigModule(modules)];
}

/** What modules still declare with `ConfigModule.forFeature()`, as `registerAs().asProvider()` does. */
function featuresOfConfigModule(modules: ModulesContainer): Feature[] {
  const theirs = [...modules.values()].filter(({ metatype }) => metatype === ConfigModule);
  const wrappers = theirs.flatMap((module) => [...module.providers.values()]);
  return wrappers
    .filter(({ token }) => typeof token === 'string' && token.startsWith('CONFIGURATION('))
    .map(({ metatype }) => new Feature(metatype as ConfigMaker));
}

function instancesIn(modules: ModulesContainer): unknown[] {
  const wrappers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  return wrappers.map(({ instance }): unknown => instance);
}
