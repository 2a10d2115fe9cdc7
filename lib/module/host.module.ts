import {
  ConfigurableModuleBuilder,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { HandlersExplorer } from './handlers/handlers.explorer.js';
import { EventEmitterBridge } from './handlers/event-emitter-bridge.js';
import { bootRuntime } from './boot.js';
import {
  HOT_CONFIG_MANAGER,
  HOT_CONFIG_OPTIONS,
  HOT_CONFIG_RUNTIME,
  HOT_CONFIG_SERVICE,
} from '../model/tokens.js';
import { oncePerApp } from './once-per-app.js';
import { openControl } from './open-control.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import { HotConfigService } from '../runtime/hot-config.service.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import { pinHttpRequests } from './pinning/http-requests.js';
import { requestedSnapshot } from '../pinning/request-version.js';
import { pinRpcMessages } from './pinning/rpc-messages.js';
import { pinWebSocketMessages } from './pinning/websocket-messages.js';
import { StartEndModule } from './start-end.module.js';
import { RefreshableExplorer } from './refreshable/refreshable.explorer.js';
import { configurationProvider } from '../compat/nestjs-config/module/config-module.js';
import { provideInPlaceOfConfigServices } from '../compat/nestjs-config/module/config-service-link.js';
import { ConfigModuleNamespacesExplorer } from '../compat/nestjs-config/module/namespaces.explorer.js';

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<HotConfigModuleOptions>({
  moduleName: 'HotConfig',
  optionsInjectionToken: HOT_CONFIG_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createHotConfigOptions')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

/** Key of the host module that starts and stops the runtime: each `forRoot()` of an app makes a host module. */
const FIRST_HOST = Symbol('FIRST_HOST');

/**
 * Provides, starts and stops the runtime. It is global, so that the providers of `refreshable()`, `forFeature()` and
 * `HotConfigModule` find the runtime in any module.
 */
@Module({
  imports: [StartEndModule],
  providers: [
    {
      // Providers that inject the service wait for this one, and so for the first load.
      provide: HOT_CONFIG_RUNTIME,
      inject: [HOT_CONFIG_OPTIONS, ModulesContainer],
      useFactory: (options: HotConfigModuleOptions, modules: ModulesContainer) =>
        bootRuntime(modules, options),
    },
    {
      provide: HOT_CONFIG_SERVICE,
      inject: [HOT_CONFIG_RUNTIME, ModulesContainer],
      useFactory: (runtime: HotConfigRuntime, modules: ModulesContainer) =>
        oncePerApp(modules, HOT_CONFIG_SERVICE, () =>
          provideInPlaceOfConfigServices(new HotConfigService(runtime.core), modules),
        ),
    },
    {
      provide: HOT_CONFIG_MANAGER,
      inject: [HOT_CONFIG_RUNTIME],
      useFactory: (runtime: HotConfigRuntime) => runtime.manager,
    },
    configurationProvider,
    HandlersExplorer,
    RefreshableExplorer,
  ],
  exports: [configurationProvider, HOT_CONFIG_RUNTIME, HOT_CONFIG_SERVICE, HOT_CONFIG_MANAGER],
})
export class HotConfigHostModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly isFirst: boolean;
  private readonly namespaces: ConfigModuleNamespacesExplorer | undefined;

  constructor(
    @Inject(HOT_CONFIG_RUNTIME) private readonly runtime: HotConfigRuntime,
    private readonly handlers: HandlersExplorer,
    private readonly refreshables: RefreshableExplorer,
    httpAdapterHost: HttpAdapterHost,
    application: ApplicationConfig,
    private readonly modules: ModulesContainer,
  ) {
    super();
    this.isFirst = oncePerApp(modules, FIRST_HOST, () => this) === this;
    if (!this.isFirst) return;
    this.namespaces = new ConfigModuleNamespacesExplorer(modules, runtime.core);
    const { pins, options, history } = runtime.core;
    if (options.pinning === false) return;
    // Not in a lifecycle hook: only what is registered before the app is initialised runs before its middleware.
    const { requestVersion } = options;
    pinHttpRequests(
      httpAdapterHost,
      pins,
      requestVersion && ((request) => requestedSnapshot(request, requestVersion, history)),
    );
    pinRpcMessages(modules, pins);
    pinWebSocketMessages(application, pins);
  }

  /** All instances exist now. A reload that another provider triggers in its own `onModuleInit` reaches handlers already. */
  onModuleInit(): void {
    if (!this.isFirst) return;
    this.discover();
    this.runtime.core.discovery.add(() => this.discover());
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.isFirst) return;
    const bridge = new EventEmitterBridge(this.modules);
    const { calls } = this.runtime.core;
    this.runtime.observers.add({
      ended: (result) => calls.run('a listener of configuration events', [], () => bridge.emit(result)),
    });
    await this.runtime.start();
    const control = await openControl(this.runtime.options.control, this.runtime);
    if (control !== undefined) this.runtime.parts.add(control);
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.isFirst) return;
    await this.runtime.stop();
  }

  /** Not earlier: requests in flight use the components until the server is closed. */
  async onApplicationShutdown(): Promise<void> {
    if (this.isFirst) await this.runtime.core.refreshables.close();
  }

  private discover(): void {
    this.namespaces?.discover();
    this.refreshables.discover();
    this.handlers.discover();
  }
}
