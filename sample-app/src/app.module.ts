import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { HotConfigModule, HotConfigService } from 'nestjs-hot-config';
import { CompletionModule } from './completion/completion.module.js';
import { AppConfig } from './config/app.config.js';
import { CONFIG_SOURCES } from './config/config-sources.js';
import { keptVersions } from './config/kept-versions.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { StatusModule } from './status/status.module.js';

@Module({
  imports: [
    HotConfigModule.forRoot({
      schema: AppConfig,
      sources: CONFIG_SOURCES,
      unknownKeys: 'reject',
      control: { name: 'gateway' },
      ...keptVersions(),
    }),
    // The limit is read at each request, so it follows the configuration. Clients over the limit are not blocked for a
    // time, so that a raised limit is in force at once.
    ThrottlerModule.forRootAsync({
      inject: [HotConfigService],
      useFactory: (config: HotConfigService<AppConfig>) => [
        { limit: () => config.get('limits.requests_per_minute'), ttl: 60_000, blockDuration: 0 },
      ],
    }),
    LoggingModule,
    CompletionModule,
    StatusModule,
    MonitoringModule,
  ],
})
export class AppModule {}
