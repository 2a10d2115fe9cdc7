import type { FactoryProvider, Provider, Type } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { HOT_CONFIG_SERVICE } from '../../../model/tokens.js';
import { liveProxy } from '../../../util/live-proxy.js';

/**
 * Provider of the values that a `ConfigService` reads. They are live; modules of `@nestjs/config` that write into them
 * change nothing. In an app without `HotConfigModule` it is the empty object that they write into.
 */
export const configurationProvider: Readonly<FactoryProvider> = {
  provide: 'CONFIGURATION_TOKEN',
  inject: [{ token: HOT_CONFIG_SERVICE, optional: true }],
  useFactory: (service?: { readonly value: object }) =>
    service === undefined ? {} : liveProxy(() => ({ ...service.value })),
};

/** Makes modules that import `ConfigModule` of `@nestjs/config` find this provider. They import one of its own otherwise. */
export function provideConfigurationInConfigModule(): void {
  const host = (Reflect.getMetadata('imports', ConfigModule) as Type<unknown>[] | undefined)?.[0];
  const providers = host && (Reflect.getMetadata('providers', host) as Provider[] | undefined);
  if (host === undefined || providers === undefined || providers.includes(configurationProvider)) return;
  const others = providers.filter(
    (provider) => !('provide' in provider && provider.provide === configurationProvider.provide),
  );
  Reflect.defineMetadata('providers', [configurationProvider, ...others], host);
}

/**
 * Resolves `ConfigModule.envVariablesLoaded`, which `ConditionalModule.registerWhen()` waits for. The public way to do
 * that is a `forRoot()` that reads, validates and assigns nothing.
 */
export async function resolveEnvVariablesLoaded(): Promise<void> {
  await ConfigModule.forRoot({ ignoreEnvFile: true, validatePredefined: false });
}
