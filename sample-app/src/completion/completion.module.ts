import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { LlmModule } from '../llm/llm.module.js';
import { CompletionController } from './completion.controller.js';
import { CompletionService } from './completion.service.js';

@Module({
  imports: [AuditModule, LlmModule],
  controllers: [CompletionController],
  providers: [CompletionService],
})
export class CompletionModule {}
