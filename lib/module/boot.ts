import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { Environment } from '../compat/nestjs-config/environment.js';
import { readsEnvironment } from '../compat/nestjs-config/environment-options.js';
import { HOT_CONFIG_RUNTIME } from '../runtime/tokens.js';
import { mergedOptions } from './merged-options.js';
import { oncePer } from '../util/once-per.js';
import { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import { checkModuleOptions } from './check-options.js';
import type { ChangeSources } from '../reload/source-list.js';
import { namespacesOfConfigModule } from '../compat/nestjs-config/namespaces.explorer.js';
import { Feature, isNamespace } from '../compat/nestjs-config/feature.js';

/**
 * A runtime that has loaded its configuration: one for an app, however many of its modules call `forRoot()`.
 * `changeSources` has the last word on where from.
 */
export const bootedRuntime = oncePer(boot);

async function boot(
  modules: ModulesContainer,
  own: HotConfigModuleOptions,
  changeSources: ChangeSources = (sources) => sources,
): Promise<HotConfigRuntime> {
  checkModuleOptions(own);
  const options = mergedOptions(own, modules);
  const runtime = new HotConfigRuntime(
    options,
    new Logger('HotConfig'),
    [...(await featuresOf(options, modules))],
    environmentOf(options, modules),
  );
  runtime.reloader.layers.replaceSources(changeSources(runtime.reloader.sources));
  await runtime.boot();
  return runtime;
}

/** What each `forRoot()` began to read; of options that were not known then, one that has not begun. */
function environmentOf(options: HotConfigModuleOptions, modules: ModulesContainer): Environment | undefined {
  const begun = instancesIn(modules).filter((instance) => instance instanceof Environment);
  if (begun.length > 0) return Environment.joined(begun);
  return readsEnvironment(options) ? Environment.of(options) : undefined;
}

/** The factories that options and modules name: known before anything is made, so that they are part of version 1. */
async function featuresOf(
  { load = [] }: HotConfigModuleOptions,
  modules: ModulesContainer,
): Promise<Feature[]> {
  const declared = declaredFeatures(modules);
  const loaded = declared.filter(({ loadedAt }) => loadedAt !== undefined);
  // Options that were not known when modules were put together: their factories have no provider.
  const late =
    loaded.length > 0
      ? []
      : (await Promise.all(load.map(async (make) => make))).map((make, at) => new Feature(make, at));
  const others = declared.filter(({ loadedAt }) => loadedAt === undefined);
  return [...loaded, ...late, ...others, ...namespacesOfConfigModule(modules).map(({ feature }) => feature)];
}

/** What a test gives in the place of a namespace counts for `ConfigService` too, as with `@nestjs/config`. */
function declaredFeatures(modules: ModulesContainer): Feature[] {
  return [...modules.values()].flatMap(({ providers }) =>
    [...providers.values()].flatMap(({ instance }: { instance: unknown }) => {
      if (!(instance instanceof Feature)) return [];
      const wrapper = isNamespace(instance.make) ? providers.get(instance.make.KEY) : undefined;
      const { inject, metatype } = wrapper ?? {};
      if (wrapper === undefined || inject?.[0] === HOT_CONFIG_RUNTIME) return [instance];
      if (metatype === null) return [instance.given(() => wrapper.instance)];
      return inject?.length === 0 ? [instance.given(metatype as () => unknown)] : [instance];
    }),
  );
}

function instancesIn(modules: ModulesContainer): unknown[] {
  const wrappers = [...modules.values()].flatMap((module) => [...module.providers.values()]);
  return wrappers.map(({ instance }): unknown => instance);
}
