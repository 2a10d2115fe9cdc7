import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { directory, HotConfigModule, type ConfigSource } from 'nestjs-hot-config';

// Boots on a directory with links that lead everywhere, with no limit but the deadline, and has nothing else to do.
const everything = directory('m', { within: '/', format: 'text' });
const sources: ConfigSource[] = [Object.assign(everything, { loadTimeout: 100 })];
const limits = { maxEntries: Infinity, maxKeys: Infinity };
try {
  await NestFactory.createApplicationContext(HotConfigModule.forRoot({ sources, limits, control: false }), {
    logger: false,
    abortOnError: false,
  });
} catch (error) {
  console.log((error as Error).message);
}
