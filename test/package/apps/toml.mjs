import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule, HotConfigService } from 'nestjs-hot-config';

writeFileSync('app.toml', 'n = 1\n');

class AppModule {}
Module({ imports: [HotConfigModule.forRoot({ files: ['app.toml'] })] })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
console.log('the file contains', app.get(HotConfigService).get('n'));
await app.close();
