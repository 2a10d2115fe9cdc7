import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  Inject,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { findPort } from '../module/find-port.js';
import type { HotConfigPort } from '../runtime/port.interface.js';
import { exportMetrics } from './export-metrics.js';
import type { MetricsBackend } from './metrics-backend.interface.js';

/**
 * The class of a module that exports the metrics of the app.
 *
 * @publicApi
 */
export interface MetricsModuleClass<Options extends object> {
  /** Called by Nest. */
  new (options: Options, moduleRef: ModuleRef): OnModuleInit & OnApplicationShutdown;
  /** Exports the metrics of the app. */
  forRoot(options?: Options): DynamicModule;
  /** Exports the metrics of the app with options from a factory. */
  forRootAsync(options: ConfigurableModuleAsyncOptions<Options>): DynamicModule;
}

/** Creates the base class of a module that exports the metrics of the app to a backend. */
export function exporterModule<Options extends object>(
  name: string,
  createBackend: (port: HotConfigPort, options: Options) => MetricsBackend,
): MetricsModuleClass<Options> {
  const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<Options>({
    moduleName: name,
  })
    .setClassMethodName('forRoot')
    .build();

  class ExporterModule extends ConfigurableModuleClass implements OnModuleInit, OnApplicationShutdown {
    #end: () => void = () => undefined;

    constructor(
      @Inject(MODULE_OPTIONS_TOKEN) private readonly options: Options,
      private readonly moduleRef: ModuleRef,
    ) {
      super();
    }

    static override forRoot(options = {} as Options): DynamicModule {
      return super.forRoot(options);
    }

    /** @throws ConfigOptionsError if the app has no `HotConfigModule`, or other metrics have these names */
    onModuleInit(): void {
      const port = findPort(this.moduleRef, name);
      this.#end = exportMetrics(port, createBackend(port, this.options), name);
    }

    /** Not earlier, so that a collection during the shutdown still finds the metrics. */
    onApplicationShutdown(): void {
      this.#end();
    }
  }
  return ExporterModule;
}
