import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HotConfigService, OnConfigChange } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';

/** Keeps Nest's log level at what the configuration says. */
@Injectable()
export class LogLevelService implements OnModuleInit {
  constructor(private readonly config: HotConfigService<AppConfig>) {}

  /** Early handlers see the new level already, so that they log by it. */
  @OnConfigChange('log_level', { priority: 10 })
  onModuleInit(): void {
    // Nest takes the least important level that is wanted; the more important ones come with it.
    Logger.overrideLogger([this.config.get('log_level')]);
  }
}
