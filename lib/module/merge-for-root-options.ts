import { isDeepStrictEqual } from 'node:util';
import type { ModulesContainer } from '@nestjs/core';
import { CONFIG_MODULE_OPTIONS } from '../compat/nestjs-config/environment-options.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { HOT_CONFIG_OPTIONS } from '../model/tokens.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';

/** Each `forRoot()` has its own value for these. The code that reads them combines them. */
const NOT_MERGED: ReadonlySet<string> = new Set([...CONFIG_MODULE_OPTIONS, 'isGlobal']);

/**
 * Merges the options of all `forRoot()` of an app.
 *
 * @param own options of the module that boots the runtime
 * @throws ConfigOptionsError if two of them have different values for an option, or one is a `forRootAsync()`, whose
 * options are known too late
 */
export function mergeForRootOptions(
  own: HotConfigModuleOptions,
  modules: ModulesContainer,
): HotConfigModuleOptions {
  const declared = [...modules.values()].flatMap(({ providers }) => providers.get(HOT_CONFIG_OPTIONS) ?? []);
  if (declared.length < 2) return own;
  if (declared.some(({ inject }) => inject != null))
    throw new ConfigOptionsError(
      'HotConfigModule.forRootAsync() cannot be combined with another forRoot() in the same app: ' +
        'pass all options in one of them',
    );
  const merged: Record<string, unknown> = {};
  for (const [name, value] of declared.flatMap(({ instance }) => Object.entries(instance as object))) {
    if (value === undefined || NOT_MERGED.has(name)) continue;
    if (name in merged && !isDeepStrictEqual(merged[name], value))
      throw new ConfigOptionsError(
        `HotConfigModule.forRoot() is called several times with different values for "${name}": ` +
          'pass that option once',
      );
    merged[name] = value;
  }
  return merged;
}
