import { Module } from '@nestjs/common';
import { LogLevelService } from './log-level.service.js';

@Module({ providers: [LogLevelService] })
export class LoggingModule {}
