import { Module } from '@nestjs/common';
import { type ConfigSnapshot, refreshable } from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';
import { AuditController } from './audit.controller.js';
import { AuditService } from './audit.service.js';
import { type Database, DATABASE } from './database.js';
import { openDatabase } from './open-database.js';

@Module({
  controllers: [AuditController],
  providers: [
    AuditService,
    refreshable<Database, AppConfig>({
      provide: DATABASE,
      on: 'database',
      useFactory: ({ value }: ConfigSnapshot<AppConfig>) => openDatabase(value.database.url),
      healthCheck: (database) => database.query('SELECT 1'),
      dispose: (database) => database.close(),
    }),
  ],
  exports: [AuditService],
})
export class AuditModule {}
