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
 * The same metrics as `HotConfigMetricsModule` has, through `@opentelemetry/api`: `hot_config.version`,
 * `hot_config.reload.duration`… To be imported beside `HotConfigModule`; the app's own SDK reads and exports them.
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

  /** Registers the instruments; all options may be left out. */
  static override forRoot(options: HotConfigOpenTelemetryOptions = {}): DynamicModule {
    return super.forRoot(options);
  }

  /** Registers the instruments with options that other providers make, such as the app's meter. */
  static override forRootAsync(
    options: ConfigurableModuleAsyncOptions<HotConfigOpenTelemetryOptions>,
  ): DynamicModule {
    return super.forRootAsync(options);
  }

  /** @throws ConfigOptionsError where the app has no `HotConfigModule` */
  onModuleInit(): void {
    this.exporter.open(findRuntime(this.moduleRef, 'HotConfigOpenTelemetryModule'));
  }

  /** Not earlier: whoever collects during the shutdown gets the last state. */
  onApplicationShutdown(): void {
    this.exporter.close();
  }
}
