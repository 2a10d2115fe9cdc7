import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type Type,
  type ValueProvider,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { checkOneCopy } from './one-copy.js';
import type { ConfigFactoryLike } from '../compat/nestjs-config/declared-factory.js';
import type { NamespaceOptions } from '../compat/nestjs-config/namespace-options.js';
import { isEnvironmentUsed } from '../compat/nestjs-config/environment-options.js';
import { EnvironmentVariables } from '../compat/nestjs-config/environment-variables.js';
import {
  provideConfigurationInConfigModule,
  resolveEnvVariablesLoaded,
} from '../compat/nestjs-config/module/config-module.js';
import { linkConfigServices } from '../compat/nestjs-config/module/config-service-link.js';
import { factoryProviders } from '../compat/nestjs-config/module/factories.provider.js';
import { HotConfigManager } from '../runtime/hot-config.manager.js';
import { HotConfigService } from '../runtime/hot-config.service.js';
import { HOT_CONFIG_MANAGER, HOT_CONFIG_SERVICE } from '../model/tokens.js';
import { HotConfigHostModule } from './host.module.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import type { HotConfigModuleAsyncOptions } from './async-options.interface.js';
import { RequestConfig } from './pinning/request-config.js';
import { checkAsyncOptions, checkFeature, checkModuleOptions } from './check-options.js';
import { optionsCircleCheck } from './options-circle.js';
import { checkPeerVersions } from './peer-versions.js';
import { accessorProviders } from './views/inject-config.decorator.js';
import { viewProviders } from './views/views.provider.js';

/** The providers that modules of this library export: the objects of the host module, under their public names. */
const publicProviders: readonly FactoryProvider[] = [
  { provide: HotConfigService, inject: [HOT_CONFIG_SERVICE], useFactory: (service: unknown) => service },
  { provide: ConfigService, inject: [HOT_CONFIG_SERVICE], useFactory: (service: unknown) => service },
  { provide: HotConfigManager, inject: [HOT_CONFIG_MANAGER], useFactory: (manager: unknown) => manager },
];

/** Class of the modules that `forFeature()` returns. */
class HotConfigFeature {}

/**
 * Configuration that changes while the app runs. Import `forRoot()` in the root module. A module that imports the class
 * itself gets the same providers, as with `ConfigModule` of `@nestjs/config`. If several modules of an app call
 * `forRoot()`, their options are merged into one configuration; an option set in two of them must have the same value,
 * except the options of `@nestjs/config`.
 *
 * @example
 * ```ts
 * imports: [HotConfigModule.forRoot({ schema: AppConfig, files: ['config/app.yaml'] })];
 * ```
 *
 * @publicApi
 */
@Module({
  providers: [...publicProviders, RequestConfig],
  exports: [...publicProviders.map(({ provide }) => provide), RequestConfig],
})
export class HotConfigModule {
  /**
   * Resolves when the first `forRoot()` of the process has assigned the variables of its env files to `process.env`; with
   * `forRootAsync()`, whose options are not known yet, immediately. The same as `ConfigModule.envVariablesLoaded`, which
   * `ConditionalModule.registerWhen()` waits for.
   */
  static get envVariablesLoaded(): Promise<void> {
    return ConfigModule.envVariablesLoaded;
  }

  /**
   * Registers the module. Env files are read immediately, as by `ConfigModule.forRoot()`. If the configuration is not
   * valid, the start of the app fails with an error that says what is wrong and where.
   *
   * @throws ConfigOptionsError if an option is unknown or invalid, the process has loaded several copies of this library,
   * or a package of Nest is too old
   */
  static async forRoot<T extends object = object>(
    options: HotConfigModuleOptions<T> = {},
  ): Promise<DynamicModule> {
    checkOneCopy();
    checkPeerVersions();
    checkModuleOptions(options);
    linkConfigServices();
    provideConfigurationInConfigModule();
    const environment = isEnvironmentUsed(options) ? EnvironmentVariables.of(options) : undefined;
    await environment?.assignBeforeBoot();
    await resolveEnvVariablesLoaded();
    const load = await Promise.all((options.load ?? []).map(async (factory) => factory));
    const environmentProvider = { provide: Symbol('environment'), useValue: environment };
    const providers = [
      environmentProvider,
      ...load.flatMap((factory, index) => factoryProviders(factory, index)),
    ];
    const host = HotConfigHostModule.forRoot(options as object);
    return moduleOf(host, options.isGlobal, providers);
  }

  /**
   * Registers the module with options that a provider creates: by `useFactory`, `useClass` or `useExisting`.
   *
   * @throws ConfigOptionsError if it is not exactly one of them, or needs the configuration that the options describe
   */
  static forRootAsync<T extends object = object>(options: HotConfigModuleAsyncOptions<T>): DynamicModule {
    checkOneCopy();
    checkPeerVersions();
    checkAsyncOptions(options);
    linkConfigServices();
    provideConfigurationInConfigModule();
    void resolveEnvVariablesLoaded();
    const host = HotConfigHostModule.forRootAsync(options as never);
    return moduleOf(host, options.isGlobal, [optionsCircleCheck]);
  }

  /**
   * Registers a part of the configuration as a class to inject: `this.llm.model` is typed, and reads the ambient snapshot
   * at each access. Or registers a configuration factory, with a namespace (`registerAs`) or without: it is called at each
   * reload, and the object injected with `@Inject(llmConfig.KEY)` always has its last result.
   *
   * @example
   * ```ts
   * imports: [HotConfigModule.forFeature(LlmConfig, 'llm', { schema: LlmConfig })];
   * ```
   *
   * @param type the class of the values at `path`
   * @param path for example `llm`
   * @param options the schema of the values at `path`; a factory gets one by `registerAs()`
   * @throws ConfigOptionsError if it is neither a class with a path nor a factory, or an option is unknown or invalid
   */
  static forFeature<X extends object>(type: Type<X>, path: string, options?: NamespaceOptions): DynamicModule;
  static forFeature(factory: ConfigFactoryLike): DynamicModule;
  static forFeature(
    typeOrFactory: Type<object> | ConfigFactoryLike,
    path?: string,
    options?: NamespaceOptions,
  ): DynamicModule {
    checkFeature(typeOrFactory, path, options);
    const providers =
      path === undefined
        ? factoryProviders(typeOrFactory as ConfigFactoryLike)
        : viewProviders(typeOrFactory as Type<object>, path, options?.schema);
    return exporting({ module: HotConfigFeature }, [...publicProviders, ...providers]);
  }
}

function moduleOf(
  host: DynamicModule,
  isGlobal = true,
  providers: (FactoryProvider | ValueProvider)[] = [],
): DynamicModule {
  return exporting({ module: HotConfigModule, global: isGlobal, imports: [host] }, providers);
}

/** Adds the accessors of `@InjectConfig()`: in each module, because a file that is imported late may need new ones. */
function exporting(module: DynamicModule, own: (FactoryProvider | ValueProvider)[]): DynamicModule {
  const providers = [...own, ...accessorProviders()];
  return { ...module, providers, exports: providers.map(({ provide }) => provide) };
}
