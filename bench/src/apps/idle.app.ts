// An app that does nothing, with or without watched files: `idle.app.js <number of files>`; 0 is without the module.
import 'reflect-metadata';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule } from '../../hot-config.js';
import { answer, usage } from './answer.js';

const count = Number(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), 'hot-config-bench-'));
const files = Array.from({ length: count }, (_, index) => join(folder, `app${index}.json`));
files.forEach((path, index) => writeFileSync(path, JSON.stringify({ [`key${index}`]: index })));

class Root {}
const app = await NestFactory.createApplicationContext(
  { module: Root, imports: count === 0 ? [] : [HotConfigModule.forRoot({ files })] },
  { logger: false },
);
await app.init();
answer({ usage });
