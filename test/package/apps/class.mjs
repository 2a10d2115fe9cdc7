// An app whose schema is a class. It has no decorators, so that the app itself imports none of the packages for them.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule, HotConfigService } from 'nestjs-hot-config';

class AppConfig {
  n = 1;
}

class AppModule {}
Module({ imports: [HotConfigModule.forRoot({ schema: AppConfig })] })(AppModule);

const options = { logger: ['warn', 'error'], abortOnError: false };
const app = await NestFactory.createApplicationContext(AppModule, options);
const config = app.get(HotConfigService).snapshot.value;
console.log('an instance of', config.constructor.name, 'with', config.n);
await app.close();
