import { Injectable } from '@nestjs/common';
import { HotConfigService } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';
import { LlmService } from '../llm/llm.service.js';
import type { Completion } from './completion.js';
import { type ConfigUsed, configUsed } from './config-used.js';

@Injectable()
export class CompletionService {
  constructor(
    private readonly config: HotConfigService<AppConfig>,
    private readonly llm: LlmService,
  ) {}

  /** Answers, and tells which configuration it was done with. */
  async complete(prompt: string, delay: number, started: ConfigUsed): Promise<Completion> {
    const text = await this.llm.complete(prompt, delay);
    // The file may have changed during the await. Read again, and it is still the request's own configuration.
    const finished = configUsed(this.config);
    return { text, started, finished, latest_config_version: this.config.current.version };
  }
}
