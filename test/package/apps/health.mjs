import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { HotConfigModule } from 'nestjs-hot-config';
import { HotConfigHealthIndicator } from 'nestjs-hot-config/health';
import { memory } from 'nestjs-hot-config/testing';

class AppModule {}
Module({
  imports: [HotConfigModule.forRoot({ sources: [memory({ n: 1 })] }), TerminusModule],
  providers: [HotConfigHealthIndicator],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const indicator = app.get(HotConfigHealthIndicator);
const { status } = await app.get(HealthCheckService).check([() => indicator.check('config')]);
console.log(`the health is ${status}`);
await app.close();
