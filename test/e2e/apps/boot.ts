import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsNumber, IsString, Max, ValidateNested } from 'class-validator';
import { HotConfigModule, OnConfigChange } from 'nestjs-hot-config';

class LlmConfig {
  @IsString()
  model = 'small';

  @IsNumber()
  @Max(2)
  temperature = 1;
}

class AppConfig {
  @ValidateNested()
  @Type(() => LlmConfig)
  llm = new LlmConfig();

  constructor() {
    if (process.env['SCHEMA_THROWS'] !== undefined) throw new Error('not today');
  }
}

@Injectable()
class LlmService {
  @OnConfigChange(process.env['PATTERN'] ?? 'llm')
  onLlmChange() {}
}

const lastKnownGood =
  process.env['HISTORY'] === undefined
    ? {}
    : ({ history: { dir: process.env['HISTORY'] }, onInvalidBoot: 'lastKnownGood' } as const);

@Module({
  imports: [
    HotConfigModule.forRoot({
      schema: AppConfig,
      files: ['config/app.yaml'],
      settleTimeout: 0,
      ...lastKnownGood,
    }),
  ],
  providers: [LlmService],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
console.log('started');
await app.close();
