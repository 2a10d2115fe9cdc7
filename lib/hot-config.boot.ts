import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { HotConfigRuntime } from './hot-config.runtime.js';
import type { HotConfigModuleOptions } from './interfaces/hot-config-module-options.interface.js';
import type { ChangeSources } from './reload/source-list.js';
import { Feature } from './views/feature.js';

/** A runtime that has loaded its configuration. `changeSources` has the last word on where from. */
export async function bootedRuntime(
  options: HotConfigModuleOptions,
  modules: ModulesContainer,
  changeSources: ChangeSources = (sources) => sources,
): Promise<HotConfigRuntime> {
  const runtime = new HotConfigRuntime(options, new Logger('HotConfig'), featuresOf(modules));
  runtime.reloader.intake.replaceSources(changeSources(runtime.reloader.sources));
  await runtime.boot();
  return runtime;
}

/** The namespaces that modules declare: known before anything is made, so that they are part of version 1. */
function featuresOf(modules: ModulesContainer): Feature[] {
  const wrappers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  return wrappers.map(({ instance }): unknown => instance).filter((instance) => instance instanceof Feature);
}
