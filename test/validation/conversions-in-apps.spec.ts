import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsBoolean, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConfigValidationError,
  directory,
  env,
  file,
  type ConfigFormat,
  type HotConfigModuleOptions,
  registerAs,
} from 'nestjs-hot-config';
import { HotConfigModule } from 'nestjs-hot-config';
import { validateFiles } from '../../lib/cli/validate/validate-files.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

class Analysis {
  @Type(() => Boolean) @IsBoolean() enabled = true;
}

class Config {
  @Type(() => Boolean) @IsBoolean() enabled = true;
  @Type(() => Number) @IsInt() port = 80;
  @ValidateNested() @Type(() => Analysis) analysis = new Analysis();
  @Type(() => String) @IsString() @IsOptional() version?: string;
}

const ENABLED = {
  'class-transformer': Config,
  zod: z.object({
    enabled: z.coerce.boolean().default(true),
    port: z.coerce.number().int().default(80),
    analysis: z.object({ enabled: z.coerce.boolean().default(true) }).default({ enabled: true }),
    version: z.coerce.string().optional(),
  }),
} as const;

/** `name: text`, one a line; numbers keep their characters. */
const lines: ConfigFormat = {
  name: 'lines',
  extensions: ['lines'],
  parse: (text) => {
    const pairs = text.split('\n').filter(Boolean);
    const texts = new Map(pairs.map((line) => line.split(': ') as [string, string]));
    const value = Object.fromEntries([...texts].map(([key, one]) => [key, Number(one)]));
    return { value, textOf: ([key = '']) => texts.get(key) };
  },
};

async function issuesOf(starting: Promise<unknown>): Promise<readonly string[]> {
  const error: unknown = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ConfigValidationError
    ? error.issues.map(({ message }) => message)
    : [String(error)];
}

const variables = new Set<string>();
function setVariables(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) {
    variables.add(name);
    process.env[name] = value;
  }
}

afterEach(() => {
  for (const name of variables) delete process.env[name];
  variables.clear();
});

describe.each(Object.entries(ENABLED))('An app with %s', (library, schema) => {
  const options = (more: HotConfigModuleOptions = {}): HotConfigModuleOptions => ({ schema, ...more });

  it('gets what variables of the environment say', async () => {
    setVariables({ HCX_ENABLED: 'false', HCX_PORT: '8080', HCX_VERSION: '4.10' });
    const { config } = await startApp({}, {}, options({ sources: [env({ prefix: 'HCX_' })] }));
    expect([config.get('enabled'), config.get('port'), config.get('version')]).toEqual([false, 8080, '4.10']);
  });

  it.each([
    [{ HCX_PORT: '' }, /^port is the string "", which .* turns into 0; write a decimal number/],
    [{ HCX_PORT: 'abc' }, /^port.*number.*\(was "abc"\)$/],
    [{ HCX_ENABLED: 'off' }, /^enabled is the string "off", which .* turns into true; write true or false$/],
  ])('refuses a variable that says something else: %j', async (values, message) => {
    setVariables(values);
    const found = await issuesOf(startApp({}, {}, options({ sources: [env({ prefix: 'HCX_' })] })));
    expect(found).toEqual([expect.stringMatching(message)]);
    expect(found.join()).not.toContain('NaN');
  });

  it('follows a running edit from true to false, and refuses one to "false"', async () => {
    const { config, change } = await startApp({ enabled: true }, {}, options());
    expect((await change({ enabled: false })).outcome).toBe('applied');
    expect(config.get('enabled')).toBe(false);
    const refused = await change({ enabled: 'false' });
    expect(refused).toMatchObject({
      outcome: 'rejected',
      issues: [
        {
          path: 'enabled',
          message: `enabled is the string "false", which ${library} turns into true; write true or false without quotes`,
        },
      ],
    });
    expect(config.get('enabled')).toBe(false);
  });

  it('refuses an override that says something else', async () => {
    const { manager, config } = await startApp({}, {}, options());
    const refused = await manager.set('analysis.enabled', 'false');
    expect(refused.outcome).toBe('rejected');
    expect(refused.issues.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^analysis\.enabled is the string "false", which .* turns into true;/),
    ]);
    expect((await manager.set('analysis.enabled', false)).outcome).toBe('applied');
    expect(config.get('analysis.enabled')).toBe(false);
  });

  it('warns, or stays silent, if the option says so', async () => {
    const warning = await startApp({}, {}, options({ conversions: 'warn' }));
    const warned = await warning.change({ enabled: 'false', port: 81 });
    expect(warned).toMatchObject({ outcome: 'applied', issues: [{ path: 'enabled' }] });
    const silent = await startApp({ enabled: 'off' }, {}, options({ conversions: 'allow' }));
    expect(silent.config.get('enabled')).toBe(true);
    expect((await silent.change({ enabled: 'off', port: 81 })).issues).toEqual([]);
  });

  it('plans and validates files by the same rules', async () => {
    const { manager } = await startApp({}, {}, options());
    const planned = await manager.plan({ enabled: 'off' });
    expect(JSON.stringify(planned)).toContain('turns into true');
    const folder = new TempFolder();
    folder.write('app.yaml', 'port: 81\nenabled: "false"\n');
    const report = await validateFiles([folder.file('app.yaml')], schema, 'warn');
    expect(report).toMatchObject({
      valid: false,
      issues: [{ path: 'enabled', origin: { line: 2, column: 10 } }],
    });
  });

  it('gets a number as a string only with the characters of the file', async () => {
    const folder = new TempFolder();
    folder.write('app.lines', 'version: 4.10\n');
    folder.write('good.lines', 'version: 4.11\n');
    folder.write('import.json', '{"extends": "./app.lines"}');
    folder.write('refer.json', '{"other": {"$import": "./app.lines"}, "version": "${other.version}"}');
    const start = (...sources: HotConfigModuleOptions['sources'] & object) =>
      startApp({}, {}, options({ sources, formats: [lines], interpolate: true, unknownKeys: 'allow' }));
    const message = `version is 4.10, which ${library} turns into "4.1"; put it in quotes`;
    const good = await start(file(folder.file('good.lines')));
    expect(good.config.get('version')).toBe('4.11');
    expect(await issuesOf(start(file(folder.file('app.lines'))))).toEqual([message]);
    expect(await issuesOf(start(file(folder.file('import.json'))))).toEqual([message]);
    expect(await issuesOf(start(file(folder.file('refer.json'))))).toEqual([message]);
    const nested = z.object({ app: z.object({ version: z.coerce.string() }) });
    const sources = [
      directory(folder.path, { extensions: ['lines'], filter: (name) => name === 'app.lines' }),
    ];
    expect(await issuesOf(startApp({}, {}, { schema: nested, sources, formats: [lines] }))).toEqual([
      'app.version is 4.10, which zod turns into "4.1"; put it in quotes',
    ]);
  });
});

describe('The schema of a namespace', () => {
  it('gets no value that says something else', async () => {
    const mail = registerAs('mail', () => ({ enabled: process.env['HCX_MAIL'] }), {
      schema: z.object({ enabled: z.coerce.boolean() }),
    });
    setVariables({ HCX_MAIL: 'false' });
    const imports = [HotConfigModule.forFeature(mail)];
    expect(await issuesOf(startApp({}, { imports }))).toEqual([
      expect.stringMatching(/^mail\.enabled is the string "false", which zod turns into true/),
    ]);
  });

  it('is named with its path and its own text, as a class', async () => {
    const imports = [HotConfigModule.forFeature(Config, 'service', { schema: Config })];
    expect(await issuesOf(startApp({ service: { analysis: { enabled: 'off' } } }, { imports }))).toEqual([
      'service.analysis.enabled is the string "off", which class-transformer turns into true; write true or false',
    ]);
  });
});

describe('A number where the schema expects a string', () => {
  class Release {
    @IsString() version = '1';
    @IsString() api_token = 'x';
  }
  const schemas = {
    'class-validator': Release,
    zod: z.object({ version: z.string().default('1'), api_token: z.string().default('x') }),
  };

  it.each(Object.entries(schemas))(
    'is shown by %s with the characters of the file, and with what to write',
    async (_library, schema) => {
      const folder = new TempFolder();
      const path = folder.write('app.yaml', 'version: 4.10\napi_token: 12.340\n');
      const found = await issuesOf(startApp({}, {}, { schema, sources: [file(path)] }));
      expect(found).toEqual([
        expect.stringMatching(/^version.*string.*\(was 4\.10\); put it in quotes$/),
        expect.stringMatching(/^api_token.*string.*\(was \[hidden\]\)$/),
      ]);
    },
  );
});
