// Reloads content at the limits: `KIND` is the format and the content, `RELOADS` the number of reloads.
import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { dotenv, file, HotConfigManager, HotConfigModule } from 'nestjs-hot-config';

/** Below the default of `maxFileSize` by less than a unit. */
const SIZE = 2 * 1024 * 1024 - 200;

/** Below the default of `maxKeys`. */
const KEYS = 110_000;

function repeat(count: number, unit: (index: number) => string): string {
  let text = '';
  for (let index = 0; index < count && text.length < SIZE; index += 1) text += unit(index);
  return text;
}

/** Texts of which each reload has others: no version shares values with another one. */
const CONTENTS: Readonly<Record<string, (seed: number) => string>> = {
  yaml: (seed) => repeat(KEYS, (index) => `key${index}: value${index + seed}\n`),
  'yaml empties': (seed) => `seed: ${seed}\nlist: [${repeat(SIZE, () => '{},')}1]\n`,
  'yaml pairs': (seed) => `seed: ${seed}\nlist: {${repeat(SIZE, (index) => `${index % 10},`)}z}\n`,
  json: (seed) => `{${repeat(KEYS, (index) => `"key${index}":"value${index + seed}",`)}"z":1}`,
  'json empties': (seed) => `{"seed":${seed},"list":[${repeat(SIZE, () => '{},')}1]}`,
  jsonc: (seed) => `{${repeat(KEYS, (index) => `"key${index}":${index + seed},`)}}`,
  json5: (seed) => `{${repeat(KEYS, (index) => `key${index}:'value${index + seed}',`)}}`,
  'json5 objects': (seed) => `{seed:${seed},list:[${repeat(SIZE, () => '{a:1},')}]}`,
  toml: (seed) => repeat(KEYS / 4, (index) => `key${index} = ${index + seed}.5e3\n`),
  'toml tables': (seed) => `seed = ${seed}\nlist = [${repeat(SIZE, () => '{a=1e5},')}1]\n`,
  env: (seed) => repeat(KEYS, (index) => `KEY${index}=value${index + seed}\n`),
  'env lines': (seed) => `SEED=${seed}\n${repeat(SIZE, (index) => `A${index}=\n`)}`,
};

const kind = process.env['KIND']!;
const path = `app.${kind.split(' ', 1)[0]}`;
let seed = 0;
const save = () => writeFileSync(path, CONTENTS[kind]!(seed++));

save();
const source = path.endsWith('env') ? dotenv(path) : file(path);
const outcomes: string[] = [];
try {
  const app = await NestFactory.createApplicationContext(
    // Not watched: each save is one reload.
    { module: class Root {}, imports: [HotConfigModule.forRoot({ sources: [source], enabled: false })] },
    { logger: false, abortOnError: false },
  );
  const manager = app.get(HotConfigManager);
  for (let reload = 0; reload < Number(process.env['RELOADS']); reload += 1) {
    save();
    outcomes.push((await manager.reload()).outcome);
  }
  await app.close();
} catch (error) {
  outcomes.push(`refused: ${(error as Error).message}`);
}
console.log(JSON.stringify(outcomes));
