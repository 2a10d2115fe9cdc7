import { isDeepStrictEqual } from 'node:util';
import type { ModulesContainer } from '@nestjs/core';
import { THEIR_OPTIONS } from '../compat/nestjs-config/environment-options.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { HOT_CONFIG_OPTIONS } from '../runtime/tokens.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';

/**
 * What all `forRoot()` of an app say together. Those options that `@nestjs/config` has too are each call's own, and seen
 * to where they are read.
 *
 * @param own what the asking module was given
 * @throws ConfigOptionsError where two of them say different things, or one is a `forRootAsync()`, which is known too late
 */
export function mergedOptions(
  own: HotConfigModuleOptions,
  modules: ModulesContainer,
): HotConfigModuleOptions {
  const declared = [...modules.values()].flatMap(({ providers }) => providers.get(HOT_CONFIG_OPTIONS) ?? []);
  if (declared.length < 2) return own;
  if (declared.some(({ inject }) => inject != null))
    throw new ConfigOptionsError(
      'HotConfigModule.forRootAsync() stands beside another forRoot() of the same app: give all options in one of them',
    );
  const merged: Record<string, unknown> = {};
  for (const [name, value] of declared.flatMap(({ instance }) => Object.entries(instance as object))) {
    if (value === undefined || THEIRS.has(name)) continue;
    if (name in merged && !isDeepStrictEqual(merged[name], value))
      throw new ConfigOptionsError(
        `HotConfigModule.forRoot() is called several times, with a different "${name}": give that option once`,
      );
    merged[name] = value;
  }
  return merged;
}

const THEIRS: ReadonlySet<string> = new Set([...THEIR_OPTIONS, 'isGlobal']);
