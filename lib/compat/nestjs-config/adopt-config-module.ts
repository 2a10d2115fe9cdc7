import type { ClassProvider, FactoryProvider, Provider, Type } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';

/**
 * Makes the service that `ConfigModule` of `@nestjs/config` gives to those who import it the app's `HotConfigService`.
 * Modules go on with `imports: [ConfigModule]` and `ConfigModule.forFeature()`, and `registerAs().asProvider()` always
 * does. An app of this process that has no `HotConfigModule` is given what it was given before.
 *
 * Nest offers no way to do that for one app: what a module imports comes before what is global.
 *
 * @param service the token of the app's `HotConfigService`
 */
export function adoptConfigModule(service: symbol): void {
  const host = (Reflect.getMetadata('imports', ConfigModule) as Type<unknown>[] | undefined)?.[0];
  const providers = host && (Reflect.getMetadata('providers', host) as Provider[] | undefined);
  const at = providers?.findIndex((provider) => isTheirService(provider)) ?? -1;
  if (host === undefined || providers === undefined || at === -1) return; // done before
  const theirs = providers[at] as ClassProvider;
  const hotOrTheirs: FactoryProvider = {
    provide: theirs.provide,
    inject: [{ token: service, optional: true }, 'CONFIGURATION_TOKEN'],
    useFactory: (hot: ConfigService | undefined, values: Record<string, unknown>) =>
      hot ?? new ConfigService(values),
  };
  Reflect.defineMetadata('providers', providers.with(at, hotOrTheirs), host);
}

function isTheirService(provider: Provider): boolean {
  return 'useClass' in provider && provider.useClass === ConfigService;
}
