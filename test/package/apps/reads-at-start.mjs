// An app with a package that reads a value at its start. Prints what is known of the read.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigManager, HotConfigModule, HotConfigService } from 'nestjs-hot-config';

// As an app has it: the spec writes the package.
const { createClient } = await import(new URL('node_modules/client/index.mjs', import.meta.url).href);

class AppModule {}
Module({
  imports: [HotConfigModule.forRoot({ load: [() => ({ url: 'a' })] })],
  providers: [{ provide: 'CLIENT', inject: [HotConfigService], useFactory: createClient }],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
console.log(JSON.stringify(app.get(HotConfigManager).explain('url').readAtStart));
await app.close();
