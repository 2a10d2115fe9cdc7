import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, type ConfigModuleOptions, ConfigService, registerAs } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';
import { HotConfigModule } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { majorOf } from '../../support/nest-version.js';
import { TempFolder } from '../../support/temp-folder.js';
import { restoreEnvironment } from './support/env-app.js';

/** One app for each package: variables that one assigns to `process.env` would be predefined for the other. */
interface Case {
  readonly files: readonly string[];
  readonly predefined?: Readonly<Record<string, string>>;
  readonly options?: ConfigModuleOptions;
}

const NAMES = ['HC_A', 'HC_B', 'HC_C'];

async function readAll(
  Package: { forRoot(options: ConfigModuleOptions): Promise<DynamicModule> },
  { files, predefined, options }: Case,
) {
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, predefined);
  const folder = new TempFolder();
  const envFilePath = files.map((text, at) => folder.write(`${at}.env`, text));
  const namespace = registerAs('hc', () =>
    Object.fromEntries(NAMES.map((name) => [name, process.env[name]])),
  );
  const imported = Package.forRoot({ load: [namespace], ...options, envFilePath });
  @Module({ imports: [imported] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  const config = app.get(ConfigService, { strict: false });
  const read = {
    get: NAMES.map((name) => config.get<unknown>(name)),
    factory: { ...config.get<object>('hc') },
    environment: NAMES.map((name) => process.env[name]),
  };
  await app.close();
  return read;
}

describe('An app that moves from @nestjs/config', () => {
  const list = z.object({ HC_A: z.string().transform((text) => text.split(',')) });
  const number = Joi.object({ HC_A: Joi.number(), HC_B: Joi.string().default('b') });
  const convertedToList: [string, Case] = [
    'a variable that a schema converts to a list',
    { files: ['HC_A=x,y'], options: { expandVariables: true, validationSchema: list } },
  ];
  it.each<[string, Case]>([
    [
      'variables of the environment that a schema declares, with skipProcessEnv',
      {
        files: [''],
        predefined: { HC_A: '7', HC_C: 'c' },
        options: { skipProcessEnv: true, validationSchema: number },
      },
    ],
    [
      'the variables that validate returns if it omits some, with skipProcessEnv',
      {
        files: [''],
        predefined: { HC_A: 'a', HC_B: 'b' },
        options: { skipProcessEnv: true, validate: ({ HC_A }) => ({ HC_A: HC_A as string }) },
      },
    ],
    [
      'no variable of an environment that is not validated, with skipProcessEnv',
      {
        files: ['HC_A=1'],
        predefined: { HC_C: 'c' },
        options: { skipProcessEnv: true, validatePredefined: false, validationSchema: number },
      },
    ],
    // A schema of zod is new in version 12.
    ...(majorOf('@nestjs/config') < 12 ? [] : [convertedToList]),
    [
      'an empty predefined variable that a file sets, with expandVariables',
      { files: ['HC_A=1\nHC_B=$HC_A'], predefined: { HC_A: '' }, options: { expandVariables: true } },
    ],
    [
      'an empty predefined variable that a file sets, without expandVariables',
      { files: ['HC_A=1'], predefined: { HC_A: '' } },
    ],
    [
      'a predefined variable, even if the environment is not validated',
      {
        files: ['HC_A=1\nHC_B=$HC_A'],
        predefined: { HC_A: '2' },
        options: { expandVariables: true, ignoreEnvVars: true, validationSchema: number },
      },
    ],
    [
      'variables of the object in expandVariables',
      {
        files: ['HC_A=1\nHC_B=$HC_A$HC_C'],
        predefined: { HC_C: 'c' },
        options: { expandVariables: { processEnv: { HC_A: 'own' } } },
      },
    ],
    [
      'a predefined password that contains a $',
      {
        files: ['HC_A=x\nHC_B=$HC_A\nHC_C=postgres://u:${HC_A}@h'],
        predefined: { HC_A: 'pa$5' },
        options: { expandVariables: true },
      },
    ],
    [
      'predefined variables that come from the same file, unexpanded',
      {
        files: ['HC_A=1\nHC_B=$HC_A'],
        predefined: { HC_A: '1', HC_B: '$HC_A' },
        options: { expandVariables: true },
      },
    ],
    [
      'several files',
      {
        files: ['HC_A=a\nHC_B=$HC_A', 'HC_A=z\nHC_C=$HC_A$HC_B'],
        options: { expandVariables: true, cache: true },
      },
    ],
  ])('reads %s as before', async (_what, app) => {
    restoreEnvironment();
    const before = await readAll(ConfigModule, app);
    expect(await readAll(HotConfigModule, app)).toEqual(before);
  });
});
