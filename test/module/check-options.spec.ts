import 'reflect-metadata';
import { runInNewContext } from 'node:vm';
import { Test } from '@nestjs/testing';
import { ConfigOptionsError, file, HotConfigModule, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

class LlmConfig {}

/** Options as written without type checking. */
function forRoot(options: unknown): Promise<unknown> {
  return HotConfigModule.forRoot(options as HotConfigModuleOptions);
}

/** Returns a tree of this many levels. */
const nested = (levels: number): object => (levels === 0 ? {} : { in: nested(levels - 1) });

describe('Options of the module', () => {
  it.each([
    [null, 'The options must be an object, but are null'],
    ['app.yaml', 'The options must be an object, but are "app.yaml"'],
    [{ debounse: 5 }, 'Unknown option "debounse"; did you mean "debounce"?'],
    [{ secret: ['llm.pin'] }, 'Unknown option "secret"; did you mean "secrets"?'],
    [
      { history: { directory: 'x' } },
      'Unknown option "history.directory"; the options are max, dir, maxAge,',
    ],
    [{ limits: { maxKey: 5 } }, 'Unknown option "limits.maxKey"; did you mean "limits.maxKeys"?'],
    [{ enabled: 'false' }, 'The option "enabled" must be true or false, but is "false"'],
    [{ history: { max: 0 } }, 'The option "history.max" must be an integer of at least 1, but is 0'],
    [
      { safetyPoll: '30s' },
      'The option "safetyPoll" must be a number of milliseconds (0 or more), but is "30s"',
    ],
    [{ circuitBreaker: true }, 'The option "circuitBreaker" must be an object, but is true'],
    [{ rateLimit: {} }, 'The option "rateLimit.max" is missing'],
    [{ requestVersion: { header: 'x-version' } }, 'The option "requestVersion.allow" is missing'],
    [{ probation: { healthCheck: () => true } }, 'The option "probation.for" is missing'],
    [{ history: { dir: 'x', key: 7 } }, 'The option "history.key" must be a string or bytes'],
    [{ control: { http: { port: 1, token: 5 } } }, 'The option "control.http.token" must be a string'],
    [
      { interpolate: { environment: ['${APP}'] } },
      'The option "interpolate.environment" must be a list of names of variables',
    ],
    [{ interpolate: 'env' }, 'The option "interpolate" must be an object, but is "env"'],
    [{ envFilePath: 7 }, 'The option "envFilePath" must be a path, or a list of paths, but is 7'],
    [{ files: 'app.yaml' }, 'The option "files" must be a list of paths, but is "app.yaml"'],
    [{ files: ['a.yaml', 5] }, 'The option "files" must be a list of paths, but is 5 at index 1'],
    [
      { sources: file('a') },
      'The option "sources" must be a list of sources such as file(…), but is an object',
    ],
    [
      { sources: ['a'] },
      'The option "sources" must be a list of sources such as file(…), but is "a" at index 0',
    ],
    [
      { sources: [file] },
      'The option "sources" must be a list of sources such as file(…), but is a function at index 0',
    ],
    [
      { formats: {} },
      'The option "formats" must be a list of formats such as registerFormat(…), but is an object',
    ],
    [{ validators: () => 1 }, 'The option "validators" must be a list of functions, but is a function'],
    [{ secrets: 'llm' }, 'The option "secrets" must be a list of patterns, but is "llm"'],
    [
      { restartRequired: [null] },
      'The option "restartRequired" must be a list of patterns, but is null at index 0',
    ],
    [
      { environments: 'production' },
      'The option "environments" must be a list of strings, but is "production"',
    ],
    [
      { load: [[]] },
      'The option "load" must be a list of factories, or promises of them, but is an array at index 0',
    ],
    [{ unknownKeys: 'no' }, 'The option "unknownKeys" must be "allow" or "warn" or "reject", but is "no"'],
    [{ conversions: 'no' }, 'The option "conversions" must be "refuse" or "warn" or "allow", but is "no"'],
    [{ onRestartRequired: true }, 'The option "onRestartRequired" must be "hold" or "reject", but is true'],
    [{ onInvalidBoot: 'x' }, 'The option "onInvalidBoot" must be "fail" or "lastKnownGood", but is "x"'],
    [
      { onInvalidBoot: 'lastKnownGood' },
      'The option "onInvalidBoot" is "lastKnownGood", which requires "history.dir"',
    ],
    [{ afterPinEnd: 'x' }, 'The option "afterPinEnd" must be "release" or "keep", but is "x"'],
    [{ limits: { maxFileSize: '1mb' } }, 'The option "limits.maxFileSize" must be a number, but is "1mb"'],
    [{ limits: { maxDepth: NaN } }, 'The option "limits.maxDepth" must be a number, but is NaN'],
  ])(
    'that are invalid are rejected with an error that describes valid ones: %j',
    async (options, message) => {
      const refused = forRoot(options);
      await expect(refused).rejects.toBeInstanceOf(ConfigOptionsError);
      await expect(refused).rejects.toThrow(message);
    },
  );

  it('may all be undefined', async () => {
    const names = ['debounce', 'history', 'control', 'limits', 'files', 'schema', 'rateLimit', 'load'];
    const undefinedOptions = Object.fromEntries(names.map((name) => [name, undefined]));
    const { config } = await startApp({ n: 1 }, {}, {
      ...undefinedOptions,
      limits: { maxDepth: undefined },
    } as never);
    expect(config.get('n')).toBe(1);
  });

  it('may lack the token of the control channel, which comes from the environment: then the port stays closed', async () => {
    const token = process.env['NO_SUCH_VARIABLE']!;
    const control = { enabled: true, socketDir: false, http: { port: 0, token } } as const;
    const { config } = await startApp({ n: 1 }, {}, { control });
    expect(config.get('n')).toBe(1);
  });

  it('may be created in another realm, as test runners do', async () => {
    const [pattern, key] = runInNewContext('[/^llm$/, new Uint8Array(32)]') as [RegExp, Uint8Array];
    await expect(forRoot({ secrets: [pattern], history: { dir: 'x', key } })).resolves.toBeDefined();
  });

  it('must contain a schema that is a schema', async () => {
    const starting = startApp({}, {}, { schema: 5 as never });
    await expect(starting).rejects.toThrow('The option "schema" must be a class, a Standard Schema');
  });

  it('apply the default limit if a limit is undefined', async () => {
    const sources = [file(new TempFolder().write('deep.json', JSON.stringify(nested(100))))];
    const starting = startApp({}, {}, { sources, limits: { maxDepth: undefined! } });
    await expect(starting).rejects.toThrow('limit maxDepth');
  });

  it('are checked if a factory creates them, too', async () => {
    const imports = [HotConfigModule.forRootAsync({ useFactory: () => ({ filse: ['app.yaml'] }) as object })];
    await expect(Test.createTestingModule({ imports }).compile()).rejects.toThrow(
      'Unknown option "filse"; did you mean "files"?',
    );
  });

  it('are created in exactly one way', () => {
    const both = { useFactory: () => ({}), useClass: LlmConfig };
    expect(() => HotConfigModule.forRootAsync(both as never)).toThrow('got useFactory and useClass');
    expect(() => HotConfigModule.forRootAsync({})).toThrow('but got none');
  });
});

describe('forFeature()', () => {
  it.each([
    [[undefined], 'do two files import each other?'],
    [[LlmConfig], 'forFeature(LlmConfig) needs the path'],
    [[LlmConfig, 7], 'takes a path'],
    [['llm'], 'takes a class or a factory'],
    [
      [() => ({}), { schema: LlmConfig }],
      'pass the schema of a factory to registerAs(name, factory, { schema })',
    ],
    [[LlmConfig, 'llm', { schema: undefined }], 'The option "schema" of forFeature() is missing'],
    [[LlmConfig, 'llm', { schema: 7 }], 'The option "schema" must be a class'],
  ])('describes valid arguments in its errors: %j', (parameters, message) => {
    const call = () => HotConfigModule.forFeature(...(parameters as unknown as [never, never]));
    expect(call).toThrow(ConfigOptionsError);
    expect(call).toThrow(message);
  });

  it.each(['', '.', 'a..b', 'a.', '*', 'a.*', '__proto__', 'a.__proto__.x', "a['constructor']"])(
    'refuses a schema at a path that no value can have: %j',
    (path) => {
      const call = () => HotConfigModule.forFeature(LlmConfig, path, { schema: LlmConfig });
      expect(call).toThrow(ConfigOptionsError);
      expect(call).toThrow(`such as 'llm' or 'servers.main', but '${path}' is not one`);
    },
  );
});
