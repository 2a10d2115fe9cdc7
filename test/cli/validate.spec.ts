import 'reflect-metadata';
import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SchemaClass } from 'nestjs-hot-config';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

const SCHEMA = `
import { Type } from 'class-transformer';
import { IsNumber, IsString, Max, ValidateNested } from 'class-validator';
export class LlmConfig { model = 'small'; temperature = 1; }
IsString()(LlmConfig.prototype, 'model');
IsNumber()(LlmConfig.prototype, 'temperature');
Max(2)(LlmConfig.prototype, 'temperature');
export class AppConfig { llm = new LlmConfig(); }
ValidateNested()(AppConfig.prototype, 'llm');
Type(() => LlmConfig)(AppConfig.prototype, 'llm');
export const nothing = undefined;
`;

/** A folder for files to validate, with a schema module. */
function project() {
  const folder = new TempFolder();
  const schema = folder.write('schema.mjs', SCHEMA);
  return { folder, schema: `${schema}#AppConfig`, module: schema };
}

describe('hot-config validate', () => {
  it('accepts files with which an app would start', async () => {
    const { folder, schema } = project();
    const files = [
      folder.write('app.yaml', 'llm:\n  model: a\n'),
      folder.write('more.json', '{"llm":{"temperature":2}}'),
    ];
    expect(await cli(['validate', ...files, '--schema', schema])).toEqual({
      code: 0,
      stdout: `Valid: ${files.join(', ')}\n`,
      stderr: '',
    });
    expect((await cli(['validate', ...files])).stdout).toContain(
      'only the syntax was checked, without a schema',
    );
  });

  it('exits with 1 and the errors of an app, for wrong values, unknown keys, syntax errors and missing files', async () => {
    const { folder, schema } = project();
    const wrong = folder.write('app.yaml', 'llm:\n  temperature: 7\n  modle: a\n');
    const run = (...args: string[]) =>
      cli(['validate', ...args, '--schema', schema, '--unknown-keys', 'reject']);
    const { code, stdout, stderr } = await run(wrong);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `hot-config: The configuration is not valid:\n` +
        `  ${wrong}:2:16  llm.temperature must not be greater than 2 (was 7)\n` +
        `  ${wrong}:3:3   llm.modle is not a known key; did you mean llm.model?\n`,
    );
    expect((await run(folder.write('broken.yaml', 'llm: [\n'))).stderr).toMatch(/broken\.yaml:\d+:\d+ {2}\S/);
    expect((await run(folder.file('none.yaml'))).stderr).toContain('none.yaml  does not exist');
    expect(JSON.parse((await run(wrong, '--json')).stdout)).toMatchObject({
      valid: false,
      issues: [{ path: 'llm.temperature', origin: { line: 2, column: 16 } }, { path: 'llm.modle' }],
    });
  });

  it('warns about unknown keys by default', async () => {
    const { folder, schema } = project();
    const file = folder.write('app.yaml', 'llm:\n  modle: a\n');
    expect(await cli(['validate', file, '--schema', schema])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('did you mean llm.model?'),
    });
    expect((await cli(['validate', file, '--schema', schema, '--unknown-keys', 'allow'])).stderr).toBe('');
  });

  it('accepts a folder whose files are the keys', async () => {
    const { folder, schema } = project();
    mkdirSync(folder.file('conf'));
    folder.write('conf/llm.yaml', 'temperature: 7\n');
    expect((await cli(['validate', folder.file('conf'), '--schema', schema])).stderr).toContain(
      'llm.temperature must not be',
    );
  });

  it('prints warnings and errors as JSON', async () => {
    const { folder, schema } = project();
    const file = folder.write('app.yaml', 'llm:\n  modle: a\n');
    expect(JSON.parse((await cli(['validate', file, '--schema', schema, '--json'])).stdout)).toMatchObject({
      valid: true,
      issues: [{ path: 'llm.modle', origin: { line: 2, column: 3 } }],
    });
    const { code, stdout } = await cli(['validate', folder.file('none.yaml'), '--json']);
    expect({ code, report: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 1,
      report: { valid: false, issues: [{ message: expect.stringContaining('does not exist') }] },
    });
  });

  it('uses the only export or the default export of a schema module if no name is given', async () => {
    const { folder } = project();
    const file = folder.write('app.yaml', 'n: 7\n');
    const check = '(value) => { if (value.n > 5) throw new Error("n is too high"); return value; }';
    for (const module of [
      `export const check = ${check};`,
      `export const other = 1; export default ${check};`,
    ]) {
      const path = folder.write(`schema-${module.length}.mjs`, module);
      expect(await cli(['validate', file, '--schema', path])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('n is too high'),
      });
      expect(await cli(['schema', '--schema', path])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('The schema cannot be converted to JSON Schema: '),
      });
    }
  });

  it('reports in JSON that an export is not a schema', async () => {
    const { folder } = project();
    const file = folder.write('app.yaml', 'n: 1\n');
    const module = folder.write('five.mjs', 'export const five = 5;\n');
    const { code, stderr } = await cli(['validate', file, '--schema', `${module}#five`, '--json']);
    expect({ code, answer: JSON.parse(stderr) as unknown }).toMatchObject({
      code: 2,
      answer: {
        error: {
          code: 'NO_SCHEMA',
          message: expect.stringContaining('#five is not a schema: '),
        },
      },
    });
  });

  it('reports a schema that cannot be loaded, with what to do', async () => {
    const { folder, module } = project();
    const file = folder.write('app.yaml', 'n: 1\n');
    const run = (schema: string) => cli(['validate', file, '--schema', schema]);
    expect(await run(`${module}#Missing`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Its exports are: AppConfig, LlmConfig, nothing.'),
    });
    expect(await run(`${module}#nothing`)).toMatchObject({ code: 2 });
    expect(await run(module)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no default export.'),
    });
    expect(await run(`${folder.file('none.js')}#A`)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^hot-config: The schema module .*none\.js was found neither as a file.*\n.*compile/,
      ),
    });
    expect(await run(`${folder.write('boom.mjs', 'throw new Error("boom");')}#A`)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /Cannot load the schema module .*boom\.mjs: boom\nFor details, .*: node .*boom\.mjs/,
      ),
    });
    expect(await run('#A')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The value of --schema has no module.'),
    });
    expect(await run(`${folder.write('a.ts', '@dec class A {}')}#A`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('dist/app.config.js#AppConfig'),
    });
    expect(await cli(['validate'])).toMatchObject({ code: 2 });
  });
});

describe('hot-config schema', () => {
  it('prints the JSON Schema of a module or of a running app', async () => {
    const { folder, schema, module } = project();
    const expected = {
      $schema: expect.stringContaining('json-schema.org'),
      properties: { llm: expect.anything() },
    };
    const offline = await cli(['schema', '--schema', schema]);
    expect(offline).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(offline.stdout)).toMatchObject(expected);

    const { AppConfig } = (await import(module)) as { AppConfig: SchemaClass };
    const socketDir = folder.file('run');
    await startApp({}, {}, { schema: AppConfig, control: { enabled: true, socketDir } });
    const online = await cli(['schema', '--socket-dir', socketDir]);
    expect(JSON.parse(online.stdout)).toEqual(JSON.parse(offline.stdout));
  });

  it('reports that the app has no schema, or one without a JSON Schema', async () => {
    const socketDir = new TempFolder().file('run');
    const { app } = await startApp({}, {}, { control: { enabled: true, socketDir } });
    expect(await cli(['schema', '--socket-dir', socketDir])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The app has no schema'),
    });
    await app.close();
    await startApp({}, {}, { schema: (value: object) => value, control: { enabled: true, socketDir } });
    expect(await cli(['schema', '--socket-dir', socketDir])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('A function has no JSON Schema'),
    });
  });
});
