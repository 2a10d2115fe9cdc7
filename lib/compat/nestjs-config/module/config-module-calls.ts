import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { ConfigOptionsError } from '../../../errors/config.errors.js';

type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;

/** The functions of a `ConfigService` that a `ConfigModule.forRoot()` calls, and a `ConfigModule.forFeature()` does not. */
type Configured = Pick<ConfigService, 'setEnvFilePaths'> & { setParser(): void };

/**
 * Finds each `ConfigModule.forRoot()` that an app still calls beside that of `HotConfigModule`.
 *
 * @param isFollowed checks whether the app reads the changes of a file
 * @returns a warning for each of them that reads other files
 * @throws ConfigOptionsError if one of them validates: nothing would read the values that it returns
 */
export function checkConfigModuleCalls(
  modules: ModulesContainer,
  isFollowed: (path: string) => boolean,
): string[] {
  const configModules = [...modules.values()].filter(({ metatype }) => metatype === ConfigModule);
  return configModules.flatMap((module) => {
    const importers = [...modules.values()].filter(({ imports }) => imports.has(module));
    const call = `ConfigModule.forRoot(), imported by ${importers.map(({ name }) => name).join(' and ')},`;
    if (module.providers.has('VALIDATED_ENV_LOADER'))
      throw new ConfigOptionsError(
        `${call} validates variables, but nothing reads the result: replace it by HotConfigModule.forRoot()`,
      );
    const paths = loadedEnvFiles(module).filter((path) => existsSync(path) && !isFollowed(resolve(path)));
    if (paths.length === 0) return [];
    return [
      `${call} does not follow changes of ${paths.join(', ')}: replace it by HotConfigModule.forRoot()`,
    ];
  });
}

/** Nest knows only the factory that passes the paths to the service. */
function loadedEnvFiles({ providers }: NestModule): readonly string[] {
  const { inject, metatype } = providers.get(ConfigService) ?? {};
  const [token] = inject ?? [];
  if (typeof token !== 'symbol' || token.description !== 'CONFIG_SERVICE') return []; // replaced by a test
  let found: readonly string[] = [];
  const service: Configured = { setEnvFilePaths: (paths) => (found = paths), setParser: () => undefined };
  (metatype as (service: Configured) => unknown)(service);
  return found;
}
