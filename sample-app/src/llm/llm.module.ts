import { Module } from '@nestjs/common';
import { LlmService } from './llm.service.js';
import { LocalProvider } from './local.provider.js';

@Module({ providers: [LlmService, LocalProvider], exports: [LlmService] })
export class LlmModule {}
