import 'reflect-metadata';
import { ConfigOptionsError, file, HotConfigModule, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { NestFactory } from '@nestjs/core';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

/** Options that no compiler has seen. */
const unseen = (options: object) => options as HotConfigModuleOptions;

/** A tree of this many levels. */
const nested = (levels: number): object => (levels === 0 ? {} : { in: nested(levels - 1) });

describe('The options of the module', () => {
  it.each<[object, string]>([
    [{ files: 'app.yaml' }, 'The option "files" must be a list of paths, but is "app.yaml"'],
    [{ files: ['a.yaml', 5] }, 'The option "files" must be a list of paths, but is 5 at 1'],
    [
      { sources: file('a') },
      'The option "sources" must be a list of sources such as file(…), but is an object',
    ],
    [{ sources: ['a'] }, 'The option "sources" must be a list of sources such as file(…), but is "a" at 0'],
    [
      { sources: [file] },
      'The option "sources" must be a list of sources such as file(…), but is a function at 0',
    ],
    [
      { formats: {} },
      'The option "formats" must be a list of formats such as registerFormat(…), but is an object',
    ],
    [{ validators: () => 1 }, 'The option "validators" must be a list of functions, but is a function'],
    [{ secrets: 'llm' }, 'The option "secrets" must be a list of patterns, but is "llm"'],
    [
      { restartRequired: [null] },
      'The option "restartRequired" must be a list of patterns, but is null at 0',
    ],
    [
      { environments: 'production' },
      'The option "environments" must be a list of texts, but is "production"',
    ],
    [
      { load: [[]] },
      'The option "load" must be a list of factories, or promises of them, but is a list at 0',
    ],
    [{ unknownKeys: 'no' }, 'The option "unknownKeys" must be "allow" or "warn" or "reject", but is "no"'],
    [{ onRestartRequired: true }, 'The option "onRestartRequired" must be "hold" or "reject", but is true'],
    [{ onInvalidBoot: 'x' }, 'The option "onInvalidBoot" must be "fail" or "lastKnownGood", but is "x"'],
    [
      { onInvalidBoot: 'lastKnownGood' },
      'The option "onInvalidBoot" is "lastKnownGood", which needs "history.dir"',
    ],
    [{ afterPinEnd: 'x' }, 'The option "afterPinEnd" must be "release" or "keep", but is "x"'],
    [{ limits: { maxFileSize: '1mb' } }, 'The option "limits.maxFileSize" must be a number, but is "1mb"'],
    [{ limits: { maxDepth: NaN } }, 'The option "limits.maxDepth" must be a number, but is NaN'],
    [{ schema: 5 }, 'The option "schema" must be a class, a Standard Schema (zod, Valibot, ArkType, Joi)'],
  ])('are refused where they are none, with what they must be: %j', async (options, message) => {
    const starting = startApp({}, {}, unseen(options));
    await expect(starting).rejects.toThrow(ConfigOptionsError);
    await expect(starting).rejects.toThrow(message);
  });

  it('are checked as well where a factory gives them', async () => {
    class AppModule {}
    const imports = [HotConfigModule.forRootAsync({ useFactory: () => unseen({ files: 'app.yaml' }) })];
    const starting = NestFactory.createApplicationContext(
      { module: AppModule, imports },
      { logger: false, abortOnError: false },
    );
    await expect(starting).rejects.toThrow('The option "files" must be a list of paths');
  });

  it('limit content as by default where a limit is given as undefined', async () => {
    const sources = [file(new TempFolder().write('deep.json', JSON.stringify(nested(100))))];
    await expect(startApp({}, {}, { sources, limits: { maxDepth: undefined! } })).rejects.toThrow(
      'limit maxDepth',
    );
  });
});
