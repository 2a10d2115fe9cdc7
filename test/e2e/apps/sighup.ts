import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule } from 'nestjs-hot-config';

@Module({
  imports: [
    HotConfigModule.forRoot({
      files: ['app.yaml'],
      enabled: false,
      reloadOnSighup: process.env['SIGHUP_RELOADS'] !== undefined,
      control: process.env['CONTROL'] !== undefined,
    }),
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['log', 'error', 'warn'] });
const running = setInterval(() => undefined, 60_000);
if (process.env['OWN_LISTENER'] !== undefined) process.on('SIGHUP', () => console.log('own listener'));
process.once('SIGTERM', () => void app.close().finally(() => clearInterval(running)));
console.log('ready');
