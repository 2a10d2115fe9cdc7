import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { isEnvironmentUsed } from '../compat/nestjs-config/environment-options.js';
import { EnvironmentVariables } from '../compat/nestjs-config/environment-variables.js';
import { checkConfigModuleCalls } from '../compat/nestjs-config/module/config-module-calls.js';
import { discoverFactories } from '../compat/nestjs-config/module/factories.provider.js';
import type { ChangeSources } from '../reload/source-changes.js';
import type { AppLogger } from '../logging/app-logger.interface.js';
import { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import { HOT_CONFIG_RUNTIME } from '../model/tokens.js';
import { checkOneCopy } from './one-copy.js';
import { checkModuleOptions } from './check-options.js';
import { mergeForRootOptions } from './merge-for-root-options.js';
import { oncePerApp } from './once-per-app.js';
import { importLibrariesFor } from '../validation/schema-of.js';
import { discoverSchemas } from './views/views.provider.js';

/**
 * Returns the runtime of the app, which has loaded its configuration. The first call creates it.
 *
 * @param changeSources replaces the sources that the options name
 */
export function bootRuntime(
  modules: ModulesContainer,
  own: HotConfigModuleOptions,
  changeSources?: ChangeSources,
): Promise<HotConfigRuntime> {
  return oncePerApp(modules, HOT_CONFIG_RUNTIME, () => boot(modules, own, changeSources));
}

async function boot(
  modules: ModulesContainer,
  own: HotConfigModuleOptions,
  changeSources: ChangeSources = (sources) => sources,
): Promise<HotConfigRuntime> {
  const runtime = await createRuntime(modules, own, new Logger('HotConfig'));
  const { sources } = runtime.core;
  sources.replace(changeSources(sources.all));
  await runtime.boot();
  return runtime;
}

/**
 * Creates a runtime from what the modules of an app declare. It has loaded nothing yet.
 *
 * @param own options of the module that creates it
 * @param changeOptions replaces the options of the whole app
 */
export async function createRuntime(
  modules: ModulesContainer,
  own: HotConfigModuleOptions,
  logger: AppLogger,
  changeOptions: (options: HotConfigModuleOptions) => HotConfigModuleOptions = (options) => options,
): Promise<HotConfigRuntime> {
  checkOneCopy();
  checkModuleOptions(own);
  const options = changeOptions(mergeForRootOptions(own, modules));
  const factories = await discoverFactories(options, modules);
  const environment = environmentOf(options, modules);
  const namespaces = [...factories.flatMap(({ schema }) => schema ?? []), ...discoverSchemas(modules)];
  const warnings = checkConfigModuleCalls(modules, (path) => environment?.hasFile(path) ?? false);
  const schemas = namespaces.map(({ schema }) => schema);
  await importLibrariesFor(options.schema === undefined ? schemas : [options.schema, ...schemas]);
  const runtime = new HotConfigRuntime(options, logger, factories, environment, namespaces);
  for (const warning of warnings) runtime.logger.warn(warning);
  return runtime;
}

/** Joins what each `forRoot()` has read already. The options of `forRootAsync()` were not known at that time. */
function environmentOf(
  options: HotConfigModuleOptions,
  modules: ModulesContainer,
): EnvironmentVariables | undefined {
  const environments = [...modules.values()]
    .flatMap((module) => [...module.providers.values()])
    .map(({ instance }): unknown => instance)
    .filter((instance) => instance instanceof EnvironmentVariables);
  if (environments.length > 0) return EnvironmentVariables.join(environments);
  return isEnvironmentUsed(options) ? EnvironmentVariables.of(options) : undefined;
}
