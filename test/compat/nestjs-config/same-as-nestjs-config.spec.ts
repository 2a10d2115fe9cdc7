import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, type ConfigModuleOptions, ConfigService, registerAs } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';
import { HotConfigModule } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TempFolder } from '../../support/temp-folder.js';
import { restoreEnvironment } from './support/env-app.js';

/** One app for each package: variables that one assigns to `process.env` would be predefined for the other. */
interface Case {
  readonly files: readonly string[];
  readonly given?: Readonly<Record<string, string>>;
  readonly options?: ConfigModuleOptions;
}

const NAMES = ['HC_A', 'HC_B', 'HC_C'];

async function whatIsRead(
  Package: typeof ConfigModule | typeof HotConfigModule,
  { files, given, options }: Case,
) {
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, given);
  const folder = new TempFolder();
  const envFilePath = files.map((text, at) => folder.write(`${at}.env`, text));
  const namespace = registerAs('hc', () =>
    Object.fromEntries(NAMES.map((name) => [name, process.env[name]])),
  );
  const imported: Promise<DynamicModule> = Package.forRoot({ load: [namespace], ...options, envFilePath });
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
  it.each<[string, Case]>([
    [
      'what a schema declares and the environment gives, with skipProcessEnv',
      {
        files: [''],
        given: { HC_A: '7', HC_C: 'c' },
        options: { skipProcessEnv: true, validationSchema: number },
      },
    ],
    [
      'what only some of validate gives back, with skipProcessEnv',
      {
        files: [''],
        given: { HC_A: 'a', HC_B: 'b' },
        options: { skipProcessEnv: true, validate: ({ HC_A }) => ({ HC_A: HC_A as string }) },
      },
    ],
    [
      'nothing of the environment that is not to be checked, with skipProcessEnv',
      {
        files: ['HC_A=1'],
        given: { HC_C: 'c' },
        options: { skipProcessEnv: true, validatePredefined: false, validationSchema: number },
      },
    ],
    [
      'the text of a variable that a schema makes a list of',
      { files: ['HC_A=x,y'], options: { expandVariables: true, validationSchema: list } },
    ],
    [
      'what a file says of a variable that is set to nothing, where variables are expanded',
      { files: ['HC_A=1\nHC_B=$HC_A'], given: { HC_A: '' }, options: { expandVariables: true } },
    ],
    [
      'nothing for a variable that is set to nothing, where they are not',
      { files: ['HC_A=1'], given: { HC_A: '' } },
    ],
    [
      'what is set, also in an environment that need not be checked',
      {
        files: ['HC_A=1\nHC_B=$HC_A'],
        given: { HC_A: '2' },
        options: { expandVariables: true, ignoreEnvVars: true, validationSchema: number },
      },
    ],
    [
      'what the object for expandVariables says',
      {
        files: ['HC_A=1\nHC_B=$HC_A$HC_C'],
        given: { HC_C: 'c' },
        options: { expandVariables: { processEnv: { HC_A: 'own' } } },
      },
    ],
    [
      'a password of the environment that holds a $',
      {
        files: ['HC_A=x\nHC_B=$HC_A\nHC_C=postgres://u:${HC_A}@h'],
        given: { HC_A: 'pa$5' },
        options: { expandVariables: true },
      },
    ],
    [
      'what the process was given of the same file, unexpanded',
      {
        files: ['HC_A=1\nHC_B=$HC_A'],
        given: { HC_A: '1', HC_B: '$HC_A' },
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
    const before = await whatIsRead(ConfigModule, app);
    expect(await whatIsRead(HotConfigModule, app)).toEqual(before);
  });
});
