import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigManager, HotConfigModule, OnConfigChange } from 'nestjs-hot-config';
import { memory, settled } from 'nestjs-hot-config/testing';

@Injectable()
class Follower {
  @OnConfigChange('n', { debounce: 300 })
  follow() {
    console.log('called');
  }
}

@Module({ imports: [HotConfigModule.forRoot({ sources: [memory({ n: 1 })] })], providers: [Follower] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
await app.get(HotConfigManager).set('n', 2);
await settled(app);
console.log('settled');
await app.close();
