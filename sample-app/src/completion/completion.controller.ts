import { Body, Controller, HttpCode, Post, Query, Req, UseGuards } from '@nestjs/common';
import { ThrottlerGuard } from '@nestjs/throttler';
import { AdmissionGuard, type AdmittedRequest } from './admission.guard.js';
import { CompleteBody } from './complete.body.js';
import { CompleteQuery } from './complete.query.js';
import type { Completion } from './completion.js';
import { CompletionService } from './completion.service.js';

@Controller('v1')
@UseGuards(AdmissionGuard, ThrottlerGuard)
export class CompletionController {
  constructor(private readonly completions: CompletionService) {}

  @Post('complete')
  @HttpCode(200)
  complete(
    @Body() { prompt }: CompleteBody,
    @Query() { delay }: CompleteQuery,
    @Req() { admittedWith }: AdmittedRequest,
  ): Promise<Completion> {
    return this.completions.complete(prompt, delay, admittedWith);
  }
}
