import { Injectable, PayloadTooLargeException } from '@nestjs/common';
import { type ConfigAccessor, HotConfigService, InjectConfig } from 'nestjs-hot-config';
import { AuditService } from '../audit/audit.service.js';
import type { AppConfig } from '../config/app.config.js';
import { LlmService } from '../llm/llm.service.js';
import type { Completion } from './completion.js';
import { type ConfigUsed, configUsed } from './config-used.js';

@Injectable()
export class CompletionService {
  constructor(
    private readonly config: HotConfigService<AppConfig>,
    private readonly llm: LlmService,
    private readonly audit: AuditService,
    @InjectConfig('limits.prompt_length') private readonly promptLength: ConfigAccessor<number>,
  ) {}

  /** Answers a prompt, and returns which configuration was used for it. */
  async complete(prompt: string, delay: number, started: ConfigUsed): Promise<Completion> {
    if (prompt.length > this.promptLength())
      throw new PayloadTooLargeException(`The prompt is longer than ${this.promptLength()} characters`);
    const text = await this.llm.complete(prompt, delay);
    // The file may have changed during the await, but the request still reads its own configuration.
    const finished = configUsed(this.config);
    await this.audit.record(finished.model, finished.config_version);
    return { text, started, finished, latest_config_version: this.config.current.version };
  }
}
