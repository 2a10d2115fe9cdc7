import { ConsoleLogger, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HotConfigService, OnConfigChange } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';

/** Sets Nest's log level and format to the configured ones. */
@Injectable()
export class LoggingService implements OnModuleInit {
  constructor(private readonly config: HotConfigService<AppConfig>) {}

  /** Runs before other handlers, so that they log with the new level. */
  @OnConfigChange(['log_level', 'log_format'], { priority: 10 })
  onModuleInit(): void {
    // Nest takes the least important enabled level, and includes the more important ones.
    const logLevels = [this.config.get('log_level')];
    Logger.overrideLogger(new ConsoleLogger({ logLevels, json: this.config.get('log_format') === 'json' }));
  }
}
