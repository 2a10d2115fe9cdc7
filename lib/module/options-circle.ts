import { setImmediate as turnOfTheEventLoop } from 'node:timers/promises';
import type { FactoryProvider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { HOT_CONFIG_OPTIONS, HOT_CONFIG_RUNTIME } from '../model/tokens.js';
import type { NestModule } from './handlers/provider-methods.js';

type Wrapper = NonNullable<ReturnType<NestModule['getProviderByKey']>>;

/**
 * Provider that fails the start if the options of `forRootAsync()` need the configuration that they describe. Nest 11 would
 * wait for ever.
 */
export const optionsCircleCheck: Readonly<FactoryProvider> = {
  provide: Symbol('OPTIONS_CIRCLE_CHECK'),
  inject: [ModulesContainer],
  useFactory: async (modules: ModulesContainer) => {
    await turnOfTheEventLoop(); // Nest has found by then what each provider needs
    for (const { providers } of modules.values()) checkOptions(providers.get(HOT_CONFIG_OPTIONS));
  },
};

function checkOptions(options: Wrapper | undefined): void {
  const path = options && pathToRuntime(options, new Set());
  if (path === undefined) return;
  const classes = path.filter(({ token }) => typeof token === 'function');
  const names = (classes.length > 0 ? classes : path.slice(0, 1)).map(({ name }) => String(name));
  throw new ConfigOptionsError(
    `The options of HotConfigModule.forRootAsync() need ${names.join(', which needs ')}, which reads the configuration ` +
      'that they describe: read process.env there instead',
  );
}

/** Returns the providers between the options and the runtime. */
function pathToRuntime(wrapper: Wrapper, seen: Set<Wrapper>): readonly Wrapper[] | undefined {
  if (wrapper.token === HOT_CONFIG_RUNTIME) return [];
  if (seen.has(wrapper)) return undefined;
  seen.add(wrapper);
  for (const needed of neededBy(wrapper)) {
    const path = pathToRuntime(needed, seen);
    if (path !== undefined) return [needed, ...path];
  }
  return undefined;
}

function neededBy(wrapper: Wrapper): readonly Wrapper[] {
  const properties = wrapper.getPropertiesMetadata() as readonly { wrapper: Wrapper }[] | undefined;
  return [...(wrapper.getCtorMetadata() ?? []), ...(properties ?? []).map(({ wrapper: it }) => it)];
}
