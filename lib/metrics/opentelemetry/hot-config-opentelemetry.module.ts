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
import { findRuntime } from '../../module/find-runtime.js';
import { type HotConfigOpenTelemetryOptions, OpenTelemetryExporter } from './opentelemetry.exporter.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<HotConfigOpenTelemetryOptions>({ moduleName: 'HotConfigOpenTelemetry' })
    .setClassMethodName('forRoot')
    .build();

/**
 * Exports the same metrics as `HotConfigMetricsModule` through `@opentelemetry/api`: `hot_config.version`,
 * `hot_config.reload.duration`… Import it beside `HotConfigModule`; the SDK of the app collects and exports them.
 *
 * @example
 * ```ts
 * @Module({ imports: [HotConfigModule.forRoot({ … }), HotConfigOpenTelemetryModule.forRoot()] })
 * export class AppModule {}
 * ```
 *
 * @publicApi
 */
@Module({})
export class HotConfigOpenTelemetryModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationShutdown
{
  private readonly exporter: OpenTelemetryExporter;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) options: HotConfigOpenTelemetryOptions,
    private readonly moduleRef: ModuleRef,
  ) {
    super();
    this.exporter = new OpenTelemetryExporter(options);
  }

  /** Registers the instruments. */
  static override forRoot(options: HotConfigOpenTelemetryOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Registers the instruments with options from a factory, for example with the meter of the app. */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<HotConfigOpenTelemetryOptions>,
  ): DynamicModule {
    return super.forRootAsync(options);
  }

  /** @throws ConfigOptionsError if the app has no `HotConfigModule` */
  onModuleInit(): void {
    this.exporter.open(findRuntime(this.moduleRef, 'HotConfigOpenTelemetryModule'));
  }

  /** Not earlier, so that a collection during the shutdown still finds the instruments. */
  onApplicationShutdown(): void {
    this.exporter.close();
  }
}
