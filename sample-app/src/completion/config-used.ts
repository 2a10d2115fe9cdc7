import type { HotConfigService } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';

/** Which configuration a request has at one moment. */
export interface ConfigUsed {
  readonly model: string;
  readonly config_version: number;
}

/** Reads it: the request's own configuration, for whoever asks within a request. */
export function configUsed(config: HotConfigService<AppConfig>): ConfigUsed {
  return { model: config.get('llm.model'), config_version: config.snapshot.version };
}
