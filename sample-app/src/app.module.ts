import { Module } from '@nestjs/common';
import { HotConfigModule } from 'nestjs-hot-config';
import { CompletionModule } from './completion/completion.module.js';
import { AppConfig } from './config/app.config.js';
import { configFile } from './config/config-folder.js';
import { LoggingModule } from './logging/logging.module.js';
import { StatusModule } from './status/status.module.js';

@Module({
  imports: [
    HotConfigModule.forRoot({
      schema: AppConfig,
      files: [configFile('app.yaml'), configFile('llm.yaml')],
      unknownKeys: 'reject',
    }),
    LoggingModule,
    CompletionModule,
    StatusModule,
  ],
})
export class AppModule {}
