// An app on YAML that uses no optional peer.
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule, HotConfigService } from 'nestjs-hot-config';

writeFileSync('app.yaml', 'n: 1\n');

class AppModule {}
Module({ imports: [HotConfigModule.forRoot({ files: ['app.yaml'] })] })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const config = app.get(HotConfigService);
console.log('started with', config.get('n'));
writeFileSync('app.yaml', 'n: 2\n');
while (config.get('n') === 1) await delay(10);
console.log('reloaded', config.get('n'));
await app.close();
console.log('closed');
