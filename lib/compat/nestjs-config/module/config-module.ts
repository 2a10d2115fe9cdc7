import type { ClassProvider, FactoryProvider, Provider, Type } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { HOT_CONFIG_SERVICE } from '../../../model/tokens.js';

/**
 * Makes `ConfigModule` of `@nestjs/config` provide the `HotConfigService` of the app. So modules can keep
 * `imports: [ConfigModule]`, `ConfigModule.forFeature()` and `registerAs().asProvider()`. In an app of this process
 * without `HotConfigModule`, `ConfigModule` provides its own service as before.
 *
 * This changes metadata of `ConfigModule`, which is one for the process: Nest offers no way to do it for one app, because
 * what a module imports takes precedence over what is global.
 */
export function provideServiceInConfigModule(): void {
  const host = (Reflect.getMetadata('imports', ConfigModule) as Type<unknown>[] | undefined)?.[0];
  const providers = host && (Reflect.getMetadata('providers', host) as Provider[] | undefined);
  const at = providers?.findIndex((provider) => isConfigServiceProvider(provider)) ?? -1;
  if (host === undefined || providers === undefined || at === -1) return; // done before
  const original = providers[at] as ClassProvider;
  const replacement: FactoryProvider = {
    provide: original.provide,
    inject: [{ token: HOT_CONFIG_SERVICE, optional: true }, 'CONFIGURATION_TOKEN'],
    useFactory: (service: ConfigService | undefined, values: Record<string, unknown>) =>
      service ?? new ConfigService(values),
  };
  Reflect.defineMetadata('providers', providers.with(at, replacement), host);
}

/**
 * Resolves `ConfigModule.envVariablesLoaded`, which `ConditionalModule.registerWhen()` waits for. The public way to do
 * that is a `forRoot()` that reads, validates and assigns nothing.
 */
export async function resolveEnvVariablesLoaded(): Promise<void> {
  await ConfigModule.forRoot({ ignoreEnvFile: true, validatePredefined: false });
}

function isConfigServiceProvider(provider: Provider): boolean {
  return 'useClass' in provider && provider.useClass === ConfigService;
}
