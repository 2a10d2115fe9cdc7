import { Module } from '@nestjs/common';
import { LlmModule } from '../llm/llm.module.js';
import { CompletionController } from './completion.controller.js';
import { CompletionService } from './completion.service.js';

@Module({ imports: [LlmModule], controllers: [CompletionController], providers: [CompletionService] })
export class CompletionModule {}
