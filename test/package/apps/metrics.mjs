import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule } from 'nestjs-hot-config';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { memory } from 'nestjs-hot-config/testing';
import { register } from 'prom-client';

class AppModule {}
Module({
  imports: [HotConfigModule.forRoot({ sources: [memory({ n: 1 })] }), HotConfigMetricsModule.forRoot()],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
console.log(await register.metrics());
await app.close();
