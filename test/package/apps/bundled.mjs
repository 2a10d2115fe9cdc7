// An app that the spec bundles with the package into one file. Prints whether values of nested classes are still checked.
import 'reflect-metadata';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsInt, ValidateNested } from 'class-validator';
import { file, HotConfigManager, HotConfigModule, HotConfigService } from 'nestjs-hot-config';

class Database {}
IsInt()(Database.prototype, 'port');
class AppConfig {}
ValidateNested()(AppConfig.prototype, 'database');
Type(() => Database)(AppConfig.prototype, 'database');

const path = join(mkdtempSync(join(tmpdir(), 'bundled-')), 'app.json');
writeFileSync(path, '{"database":{"port":1}}');

class AppModule {}
Module({ imports: [HotConfigModule.forRoot({ schema: AppConfig, sources: [file(path)] })] })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
const { name } = app.get(HotConfigService).get('database').constructor;
writeFileSync(path, '{"database":{"port":"x"}}');
const { outcome } = await app.get(HotConfigManager).reload();
console.log(name, outcome);
await app.close();
