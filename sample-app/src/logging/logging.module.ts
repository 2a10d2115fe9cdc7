import { Module } from '@nestjs/common';
import { LoggingService } from './logging.service.js';

@Module({ providers: [LoggingService] })
export class LoggingModule {}
