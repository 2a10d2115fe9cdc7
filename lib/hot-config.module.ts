import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { ConfigHandlersExplorer } from './changes/config-handlers.explorer.js';
import { EventEmitterBridge } from './changes/event-emitter-bridge.explorer.js';
import { bootedRuntime } from './hot-config.boot.js';
import { HOT_CONFIG_OPTIONS, HOT_CONFIG_RUNTIME } from './hot-config.constants.js';
import { type OpenControl, openControl } from './hot-config.control.js';
import { HotConfigManager } from './hot-config.manager.js';
import type { HotConfigRuntime } from './hot-config.runtime.js';
import { HotConfigService } from './hot-config.service.js';
import type {
  HotConfigModuleAsyncOptions,
  HotConfigModuleOptions,
} from './interfaces/hot-config-module-options.interface.js';
import { pinHttpRequests } from './pinning/http-pinning.js';
import { RequestConfig } from './pinning/request-config.js';
import { requestedSnapshot } from './pinning/request-version.js';
import { pinRpcMessages } from './pinning/rpc-messages.explorer.js';
import { pinWebSocketMessages } from './pinning/websocket-messages.explorer.js';
import type { Namespace } from './views/feature.js';
import { accessorProviders } from './views/inject-config.decorator.js';
import { namespaceProviders, viewProvider } from './views/views.provider.js';
import { RefreshableExplorer } from './refreshable/refreshable.explorer.js';

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<HotConfigModuleOptions>({
  moduleName: 'HotConfig',
  optionsInjectionToken: HOT_CONFIG_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createHotConfigOptions')
  .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
  .build();

/** What `forFeature` makes modules of. */
class HotConfigFeature {}

/** Adds what `@InjectConfig()` asked for. */
function withAccessors(definition: DynamicModule): DynamicModule {
  const providers = accessorProviders();
  return {
    ...definition,
    providers: [...(definition.providers ?? []), ...providers],
    exports: [...(definition.exports ?? []), ...providers.map(({ provide }) => provide)],
  };
}

/**
 * Configuration that changes while the app runs. To be imported once, in the root module.
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
  providers: [
    {
      // Loaded before anybody can ask: providers that inject the service wait for this one.
      provide: HOT_CONFIG_RUNTIME,
      inject: [HOT_CONFIG_OPTIONS, ModulesContainer],
      useFactory: (options: HotConfigModuleOptions, modules: ModulesContainer) =>
        bootedRuntime(options, modules),
    },
    {
      provide: HotConfigService,
      inject: [HOT_CONFIG_RUNTIME],
      useFactory: (runtime: HotConfigRuntime) => new HotConfigService(runtime),
    },
    {
      provide: HotConfigManager,
      inject: [HOT_CONFIG_RUNTIME],
      useFactory: (runtime: HotConfigRuntime) => new HotConfigManager(runtime),
    },
    { provide: ConfigService, useExisting: HotConfigService },
    RequestConfig,
    ConfigHandlersExplorer,
    RefreshableExplorer,
  ],
  // The runtime is for the providers that this library makes for other modules: refreshable(), forFeature().
  exports: [HOT_CONFIG_RUNTIME, HotConfigService, HotConfigManager, ConfigService, RequestConfig],
})
export class HotConfigModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private control: OpenControl | undefined;

  constructor(
    @Inject(HOT_CONFIG_RUNTIME) private readonly runtime: HotConfigRuntime,
    private readonly handlers: ConfigHandlersExplorer,
    private readonly refreshables: RefreshableExplorer,
    private readonly moduleRef: ModuleRef,
    httpAdapterHost: HttpAdapterHost,
    application: ApplicationConfig,
    modules: ModulesContainer,
  ) {
    super();
    const { pins, options, history } = runtime;
    // Now, and not in a lifecycle hook: only what is registered before the app initialises comes before its middleware.
    pinHttpRequests(httpAdapterHost, pins, (request) =>
      requestedSnapshot(request, options.requestVersion, history),
    );
    pinRpcMessages(modules, pins);
    pinWebSocketMessages(application, pins);
  }

  /**
   * Registers the module with options that are known now.
   *
   * Invalid configuration makes the app's start fail with an error that says where to look.
   */
  static override forRoot<T extends object = object>(
    options: HotConfigModuleOptions<T> & { isGlobal?: boolean } = {},
  ): DynamicModule {
    return withAccessors(super.forRoot(options as HotConfigModuleOptions));
  }

  /** Registers the module with options that other providers make: `useFactory`, `useClass` or `useExisting`. */
  static override forRootAsync<T extends object = object>(
    options: HotConfigModuleAsyncOptions<T>,
  ): DynamicModule {
    return withAccessors(super.forRootAsync(options as never));
  }

  /**
   * A part of the configuration as a class to inject: `this.llm.model` is typed, and reads the ambient snapshot at each
   * access. Or a namespace of `registerAs`, whose factory is called again at each reload, and whose injected object
   * (`@Inject(llmConfig.KEY)`) is live.
   *
   * @param type the class of what stands at `path`
   * @param path for example `llm`
   */
  static forFeature<X extends object>(type: Type<X>, path: string): DynamicModule;
  static forFeature(namespace: Namespace): DynamicModule;
  static forFeature(typeOrNamespace: Type<object> | Namespace, path?: string): DynamicModule {
    const providers =
      path === undefined
        ? namespaceProviders(typeOrNamespace as Namespace)
        : [viewProvider(typeOrNamespace as Type<object>, path)];
    // With the accessors again: those of a module that is loaded lazily were not known to forRoot().
    return withAccessors({
      module: HotConfigFeature,
      providers,
      exports: providers.map(({ provide }) => provide),
    });
  }

  /** All instances are made now; a reload that another provider sets off in its own `onModuleInit` is told already. */
  onModuleInit(): void {
    this.explore();
    this.runtime.lookForHandlers = () => this.explore();
  }

  async onApplicationBootstrap(): Promise<void> {
    const bridge = new EventEmitterBridge(this.moduleRef);
    this.runtime.results.add((result) => bridge.tell(result));
    await this.runtime.start();
    this.control = await openControl(this.runtime.options.control, {
      manager: new HotConfigManager(this.runtime),
      runtime: this.runtime,
      logger: new Logger('HotConfig'),
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.control?.close();
    await this.runtime.stop();
  }

  /** Not earlier: until the server is closed, requests in flight use the components. */
  async onApplicationShutdown(): Promise<void> {
    await this.runtime.refreshables.close();
  }

  private explore(): void {
    this.refreshables.explore();
    this.handlers.explore();
  }
}
