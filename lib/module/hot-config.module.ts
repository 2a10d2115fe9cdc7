import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type Type,
  type ValueProvider,
} from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { Environment } from '../compat/nestjs-config/environment.js';
import { readsEnvironment } from '../compat/nestjs-config/environment-options.js';
import { HOT_CONFIG_SERVICE } from '../runtime/tokens.js';
import { HotConfigHostModule } from './host.module.js';
import { adoptConfigModule } from '../compat/nestjs-config/adopt-config-module.js';
import { publicProviders } from './public-providers.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import type { HotConfigModuleAsyncOptions } from './async-options.interface.js';
import { RequestConfig } from './pinning/request-config.js';
import { checkAsyncOptions, checkFeature, checkModuleOptions } from './check-options.js';
import type { ConfigMaker } from '../compat/nestjs-config/feature.js';
import { accessorProviders } from './views/inject-config.decorator.js';
import { featureProviders, viewProvider } from './views/views.provider.js';

/** What `forFeature` makes modules of. */
class HotConfigFeature {}

/**
 * Configuration that changes while the app runs. `forRoot()` is to be imported in the root module; a module that imports
 * the class itself is given what `forRoot()` gives, as with `ConfigModule` of `@nestjs/config`. Where several modules of
 * an app call `forRoot()`, it is one configuration, of which each has said a part; what both say must be the same, save
 * for the options of `@nestjs/config`.
 *
 * @example
 * ```ts
 * @Module({ imports: [HotConfigModule.forRoot({ schema: AppConfig, files: ['config/app.yaml'] })] })
 * export class AppModule {}
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
   * Resolves when the first `forRoot()` of the process has placed in `process.env` what its files say; with
   * `forRootAsync()`, whose options are not known yet, at once. The same as `ConfigModule.envVariablesLoaded`, which
   * `ConditionalModule.registerWhen()` waits for.
   */
  static get envVariablesLoaded(): Promise<void> {
    return ConfigModule.envVariablesLoaded;
  }

  /**
   * Registers the module with options that are known now. Env files are read at once, as `ConfigModule.forRoot()` does.
   *
   * Invalid configuration makes the app's start fail with an error that says where to look.
   *
   * @throws ConfigOptionsError where an option makes no sense, or there is none of the name
   */
  static async forRoot<T extends object = object>(
    options: HotConfigModuleOptions<T> = {},
  ): Promise<DynamicModule> {
    checkModuleOptions(options);
    adoptConfigModule(HOT_CONFIG_SERVICE);
    const environment = readsEnvironment(options) ? Environment.of(options) : undefined;
    await environment?.begin();
    await tellVariablesLoaded();
    const load = await Promise.all((options.load ?? []).map(async (make) => make));
    const environmentProvider = { provide: Symbol('environment'), useValue: environment };
    const providers = [environmentProvider, ...load.flatMap((make, at) => featureProviders(make, at))];
    const host = HotConfigHostModule.forRoot(options as object);
    return moduleOf(host, options.isGlobal, providers);
  }

  /**
   * Registers the module with options that other providers make: `useFactory`, `useClass` or `useExisting`.
   *
   * @throws ConfigOptionsError where it is not exactly one of them
   */
  static forRootAsync<T extends object = object>(options: HotConfigModuleAsyncOptions<T>): DynamicModule {
    checkAsyncOptions(options);
    adoptConfigModule(HOT_CONFIG_SERVICE);
    void tellVariablesLoaded();
    return moduleOf(HotConfigHostModule.forRootAsync(options as never), options.isGlobal);
  }

  /**
   * A part of the configuration as a class to inject: `this.llm.model` is typed, and reads the ambient snapshot at each
   * access. Or a factory, with a namespace (`registerAs`) or without, which is called again at each reload, and whose
   * injected object (`@Inject(llmConfig.KEY)`) is live.
   *
   * @param type the class of what stands at `path`
   * @param path for example `llm`
   * @throws ConfigOptionsError where there is neither a class with a path nor a factory
   */
  static forFeature<X extends object>(type: Type<X>, path: string): DynamicModule;
  static forFeature(factory: ConfigMaker): DynamicModule;
  static forFeature(typeOrFactory: Type<object> | ConfigMaker, path?: string): DynamicModule {
    checkFeature(typeOrFactory, path);
    const providers =
      path === undefined
        ? featureProviders(typeOrFactory as ConfigMaker)
        : [viewProvider(typeOrFactory as Type<object>, path)];
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

/** With the accessors that `@InjectConfig()` asked for: in every module, for some are only known when it is loaded. */
function exporting(module: DynamicModule, own: (FactoryProvider | ValueProvider)[]): DynamicModule {
  const providers = [...own, ...accessorProviders()];
  return { ...module, providers, exports: providers.map(({ provide }) => provide) };
}

/** By the public way: a `forRoot()` that reads nothing, checks nothing and sets nothing. */
async function tellVariablesLoaded(): Promise<void> {
  await ConfigModule.forRoot({ ignoreEnvFile: true, validatePredefined: false });
}
