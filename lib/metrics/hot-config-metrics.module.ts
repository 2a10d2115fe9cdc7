import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { findRuntime } from '../module/find-runtime.js';
import { type HotConfigMetricsOptions, PrometheusExporter } from './prometheus.exporter.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<HotConfigMetricsOptions>({ moduleName: 'HotConfigMetrics' })
    .setClassMethodName('forRoot')
    .build();

/**
 * Exports the state of the configuration as metrics of prom-client. Import it beside `HotConfigModule`; the app serves
 * the registry, for example with `@willsoto/nestjs-prometheus` or a controller.
 *
 * The metrics are read at each collection: they do not make reading configuration slower.
 *
 * @example
 * ```ts
 * @Module({ imports: [HotConfigModule.forRoot({ … }), HotConfigMetricsModule.forRoot()] })
 * export class AppModule {}
 * ```
 *
 * @publicApi
 */
@Module({})
export class HotConfigMetricsModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationShutdown
{
  private readonly exporter: PrometheusExporter;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: HotConfigMetricsOptions,
    private readonly moduleRef: ModuleRef,
  ) {
    super();
    this.exporter = new PrometheusExporter(options);
  }

  /** Registers the metrics. */
  static override forRoot(options: HotConfigMetricsOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Registers the metrics with options from a factory, for example with the registry of the app. */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<HotConfigMetricsOptions>,
  ): DynamicModule {
    return super.forRootAsync(options);
  }

  /**
   * @throws ConfigOptionsError if the app has no `HotConfigModule`, or the registry has other metrics with these names
   */
  onModuleInit(): void {
    this.exporter.open(findRuntime(this.moduleRef, 'HotConfigMetricsModule'));
  }

  /** Not earlier, so that a collection during the shutdown still finds the metrics. */
  onApplicationShutdown(): void {
    this.exporter.close();
  }
}
