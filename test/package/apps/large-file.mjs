// An app that reloads a large file. Prints the outcome, the changes, and how many threads were started for it. With an
// argument, it requires the package from there; otherwise it imports it.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const { HotConfigManager, HotConfigModule, file } =
  process.argv[2] === undefined
    ? await import('nestjs-hot-config')
    : createRequire(import.meta.url)(process.argv[2]);

const path = join(mkdtempSync(join(tmpdir(), 'large-file-')), 'app.yaml');
const text = (first) =>
  `first: ${first}\n` + Array.from({ length: 10_000 }, (_, n) => `key${n}: value ${n}\n`).join('');
writeFileSync(path, text(1));

class AppModule {}
Module({ imports: [HotConfigModule.forRoot({ sources: [file(path)] })] })(AppModule);

let threads = 0;
process.on('worker', () => (threads += 1));
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'], abortOnError: false });
writeFileSync(path, text(2));
const { outcome, changes } = await app.get(HotConfigManager).reload();
console.log(outcome, changes.map(({ path: changed, current }) => `${changed} ${current}`).join(), threads);
await app.close();
