import { Controller, Get } from '@nestjs/common';
import { AuditService } from './audit.service.js';

@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  async show(): Promise<{ completions: number }> {
    return { completions: await this.audit.count() };
  }
}
