import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { HotConfigManager, HotConfigModule } from 'nestjs-hot-config';
import { memory } from 'nestjs-hot-config/testing';

class AppModule {}
Module({
  imports: [HotConfigModule.forRoot({ sources: [memory({ n: 1 })] }), EventEmitterModule.forRoot()],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
app.get(EventEmitter2).on('hot-config.changed', ([{ path }]) => console.log('emitted', path));
await app.get(HotConfigManager).set('n', 2);
await app.close();
