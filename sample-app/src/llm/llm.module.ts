import { Module } from '@nestjs/common';
import { HotConfigModule } from 'nestjs-hot-config';
import { LlmConfig } from '../config/llm.config.js';
import { HttpProvider } from './http.provider.js';
import { LlmService } from './llm.service.js';
import { LocalProvider } from './local.provider.js';

@Module({
  imports: [HotConfigModule.forFeature(LlmConfig, 'llm')],
  providers: [LlmService, LocalProvider, HttpProvider],
  exports: [LlmService],
})
export class LlmModule {}
