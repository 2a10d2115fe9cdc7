import { ConsoleLogger, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HotConfigService, OnConfigChange } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';

/** Keeps Nest's log level and format at what the configuration says. */
@Injectable()
export class LoggingService implements OnModuleInit {
  constructor(private readonly config: HotConfigService<AppConfig>) {}

  /** Early handlers see the new level already, so that they log by it. */
  @OnConfigChange(['log_level', 'log_format'], { priority: 10 })
  onModuleInit(): void {
    // Nest takes the least important level that is wanted; the more important ones come with it.
    const logLevels = [this.config.get('log_level')];
    Logger.overrideLogger(new ConsoleLogger({ logLevels, json: this.config.get('log_format') === 'json' }));
  }
}
