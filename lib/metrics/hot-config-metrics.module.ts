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
 * Shows how configuration stands as metrics of prom-client. To be imported beside `HotConfigModule`; who serves the
 * registry (`@willsoto/nestjs-prometheus`, a controller of the app) serves these metrics too.
 *
 * They are read when somebody collects: reading configuration costs what it cost without them.
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

  /** Registers the metrics; all options may be left out. */
  static override forRoot(options: HotConfigMetricsOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Registers the metrics with options that other providers make, such as the app's registry. */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<HotConfigMetricsOptions>,
  ): DynamicModule {
    return super.forRootAsync(options);
  }

  /**
   * @throws ConfigOptionsError where the app has no `HotConfigModule`, or the registry has other metrics of these names
   */
  onModuleInit(): void {
    this.exporter.open(findRuntime(this.moduleRef, 'HotConfigMetricsModule'));
  }

  /** Not earlier: whoever collects during the shutdown gets the last state. */
  onApplicationShutdown(): void {
    this.exporter.close();
  }
}
