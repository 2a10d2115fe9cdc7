import type { HotConfigService } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';

/** The configuration of a request at one moment. */
export interface ConfigUsed {
  readonly model: string;
  readonly config_version: number;
}

/** Returns the configuration of the request in which it is called. */
export function configUsed(config: HotConfigService<AppConfig>): ConfigUsed {
  return { model: config.get('llm.model'), config_version: config.snapshot.version };
}
