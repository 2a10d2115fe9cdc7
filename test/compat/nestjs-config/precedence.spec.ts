import { Logger } from '@nestjs/common';
import Joi from 'joi';
import { dotenv, HotConfigManager, HotConfigModule, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { describeResult } from '../../../lib/logging/describe-result.js';
import { checkApp } from '../../../lib/cli/doctor/app.check.js';
import type { StatusResponse } from '../../../lib/cli/output/status-problems.js';
import { cli } from '../../support/cli.js';
import { TempFolder } from '../../support/temp-folder.js';
import { restoreEnvironment, startEnvApp } from './support/env-app.js';

/** Starts an app in a process that was started with these variables. */
async function startedWith(
  given: Record<string, string>,
  text: string,
  options: HotConfigModuleOptions = {},
) {
  restoreEnvironment();
  for (const name of Object.keys(process.env)) if (name.startsWith('HC_')) delete process.env[name];
  Object.assign(process.env, given);
  const bench = await startEnvApp(text, options);
  return { ...bench, read: (name: string) => [bench.config.get<unknown>(name), process.env[name]] };
}

const SHADOWED =
  'HC_A is set to another value in the environment of the process, which wins; unset it there, or set { override: true }';
const EDITED =
  'HC_A changed, but the process was started with it; the app uses that value until you unset it there, or set { override: true }';
const REMOVED =
  'HC_A is no longer in the file, but the process was started with it; the app uses the value of the process';

const messagesOf = ({ issues }: { readonly issues: readonly { readonly message: string }[] }) =>
  issues.map(({ message }) => message);
const changesOf = ({ changes }: { readonly changes: readonly unknown[] }) => changes.map(String);

describe('A variable that the process was started with, and that differs from the env file', () => {
  it('wins, and each edit of its line is said', async () => {
    const { manager, save, read } = await startedWith({ HC_A: 'env' }, 'HC_B=1\nHC_A=file\n');
    expect(read('HC_A')).toEqual(['env', 'env']);
    expect(manager.status().sources[0]!.warnings).toMatchObject([
      { path: 'HC_A', message: SHADOWED, origin: { line: 2, column: 1 } },
    ]);
    const edited = await save('HC_B=1\nHC_A=edited\n');
    expect(edited).toMatchObject({
      outcome: 'unchanged',
      issues: [{ message: SHADOWED }, { path: 'HC_A', message: EDITED, origin: { line: 2, column: 1 } }],
    });
    const again = await save('HC_B=1\nHC_A=again\n');
    expect(messagesOf(again)).toEqual([SHADOWED, EDITED]);
    expect(again.issues[1]!.occurrence).not.toBe(edited.issues[1]!.occurrence);
    expect(messagesOf(await save('HC_B=2\nHC_A=again\n'))).toEqual([SHADOWED]);
    expect(read('HC_A')).toEqual(['env', 'env']);
    expect(messagesOf(await save('HC_B=2\n'))).toEqual([]);
    expect(read('HC_A')).toEqual(['env', 'env']);
  });

  it('is logged once at boot, and once for each edit, also for one back to the line before', async () => {
    const warn = vi.fn<(message: string) => void>();
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(warn);
    onTestFinished(() => void vi.restoreAllMocks());
    const { save, manager } = await startedWith({ HC_A: 'env' }, 'HC_A=file\n');
    const logged = () => warn.mock.calls.map(([message]) => message.replace(/^\S+ +/, ''));
    expect(logged()).toEqual([SHADOWED]);
    await save('HC_A=edited\n');
    await manager.reload();
    await save('HC_A=file\n');
    await save('HC_A=edited\n');
    await manager.reload();
    expect(logged()).toEqual([SHADOWED, EDITED, EDITED, EDITED]);
  });

  it('is shown by explain, plan and doctor', async () => {
    const { manager, folder } = await startedWith({ HC_A: 'env' }, 'HC_A=file\n');
    expect(manager.explain('HC_A')).toMatchObject({
      value: 'env',
      origin: { source: 'environment', variable: 'HC_A' },
      shadowed: [{ source: 'environment', value: 'file', origin: { line: 1 } }],
    });
    folder.write('.env', 'HC_A=edited\n');
    const plan = await manager.plan();
    expect(plan.outcome).toBe('unchanged');
    expect(messagesOf(plan)).toEqual([SHADOWED, EDITED]);
    const status = JSON.parse(JSON.stringify(manager.status())) as StatusResponse;
    const findings = checkApp({ ...status, app: { name: 'gateway' } as StatusResponse['app'] });
    expect(findings).toContainEqual({
      check: 'app gateway',
      state: 'warn',
      text: expect.stringMatching(/\.env:1:1 +HC_A is set to another value/),
      next: 'To see which value counts: hot-config explain PATH',
    });
  });

  it('is still shown by explain when another line has changed', async () => {
    const { manager, save } = await startedWith({ HC_A: 'env' }, 'HC_A=file\nHC_B=1\n');
    await save('HC_A=file\nHC_B=2\n');
    expect(manager.explain('HC_A').shadowed).toMatchObject([{ value: 'file', origin: { line: 1 } }]);
  });

  it('is shown by the command', async () => {
    const socketDir = new TempFolder().file('run');
    const control = { enabled: true, name: 'gateway', socketDir };
    await startedWith({ HC_A: 'env' }, 'HC_A=file\n', { control });
    const run = async (...command: string[]) => (await cli([...command, '--socket-dir', socketDir])).stdout;
    expect(await run('status')).toMatch(/Warnings\s.*\.env:1:1 +HC_A is set to another value/);
    expect(await run('doctor')).toMatch(/^warn\tapp gateway\t.*HC_A is set to another value/m);
    const explained = await run('explain', 'HC_A');
    expect(explained).toMatch(/Value\s+env\n/);
    expect(explained).toMatch(/Replaces\s+file from .*\.env:1:6/);
  });

  it('stays as it is with expandVariables, also in variables that refer to it', async () => {
    const options = { expandVariables: true };
    const { save, read } = await startedWith({ HC_A: 'env' }, 'HC_A=file\nHC_B=$HC_A\n', options);
    expect([read('HC_A'), read('HC_B')]).toEqual([
      ['env', 'env'],
      ['env', 'env'],
    ]);
    const edited = await save('HC_A=edited\nHC_B=$HC_A\n');
    expect(edited.outcome).toBe('unchanged');
    expect(messagesOf(edited)).toEqual([SHADOWED, EDITED]);
    expect(changesOf(await save('HC_B=$HC_A\n'))).toEqual([]);
    expect(read('HC_B')).toEqual(['env', 'env']);
  });

  it('is replaced by the file if it is empty, with expandVariables, as before', async () => {
    const { save, read } = await startedWith({ HC_A: '' }, 'HC_A=file\n', { expandVariables: true });
    expect(read('HC_A')).toEqual(['file', 'file']);
    expect(changesOf(await save('HC_A=edited\n'))).toEqual(['HC_A: file → edited']);
    const removed = await save('');
    expect(changesOf(removed)).toEqual(['HC_A: edited → ']);
    expect(read('HC_A')).toEqual(['', '']);
  });

  it('is one warning for all variables, with at most ten names and no value', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `HC_N${at}`);
    const given = Object.fromEntries(names.map((name) => [name, 'env']));
    const { manager } = await startedWith(given, names.map((name) => `${name}=file`).join('\n'));
    const [warning, ...others] = manager.status().sources[0]!.warnings!;
    expect(others).toEqual([]);
    expect(warning!.message).toMatch(/^HC_N0, HC_N1, .*, HC_N9 and 2 more are set to another value/);
    expect(warning!.origin).toMatchObject({ file: expect.stringMatching(/\.env$/) });
  });

  it('is what the schema of the app gets, and what an error is about', async () => {
    const schema = Joi.object({ HC_A: Joi.number().default(3_000) }) as never;
    const { config } = await startedWith({ HC_A: '80' }, 'HC_A=70\n', { schema });
    expect(config.get('HC_A')).toBe(80);
    await expect(startedWith({ HC_A: 'x' }, 'HC_A=70\n', { schema })).rejects.toMatchObject({
      issues: [{ path: 'HC_A', origin: { variable: 'HC_A' } }],
    });
  });

  it('is overridden by the file with override: true, and restored with a warning', async () => {
    const { manager, save, read } = await startedWith({ HC_A: 'env' }, 'HC_A=file\n', { override: true });
    expect(read('HC_A')).toEqual(['file', 'file']);
    expect(manager.status().sources[0]!.warnings).toBeUndefined();
    expect(manager.explain('HC_A').shadowed).toMatchObject([{ value: 'env', origin: { variable: 'HC_A' } }]);
    const removed = await save('');
    expect(changesOf(removed)).toEqual(['HC_A: file → env']);
    expect(messagesOf(removed)).toEqual([REMOVED]);
    expect(read('HC_A')).toEqual(['env', 'env']);
  });

  it('is said to hold in process.env only, if validatePredefined is false', async () => {
    const validate = (variables: Record<string, unknown>) => variables;
    const options = { validate, validatePredefined: false };
    const { manager, save, read } = await startedWith({ HC_A: 'env' }, 'HC_A=file\n', options);
    expect(read('HC_A')).toEqual(['file', 'env']);
    expect(manager.status().sources[0]!.warnings![0]!.message).toContain('although get() reads the file');
    expect(messagesOf(await save('HC_A=edited\n')).at(-1)).toContain('process.env keeps that value');
    expect(read('HC_A')).toEqual(['edited', 'env']);
  });

  it('is no longer said when the line gets the value of the process', async () => {
    const { save } = await startedWith({ HC_A: 'env' }, 'HC_A=file\n');
    expect(messagesOf(await save('HC_A=env\n'))).toEqual([]);
    expect(messagesOf(await save('HC_A=edited\n'))).toEqual([SHADOWED]);
  });
});

describe('A variable that the process was started with, and that is a copy of the env file', () => {
  it.each([
    ['', {}],
    [', with expandVariables', { expandVariables: true }],
    [', with a schema', { validationSchema: Joi.object({ HC_A: Joi.string() }) }],
    [', with validate that returns all', { validate: (all: Record<string, unknown>) => all }],
    [
      ', with validatePredefined: false',
      { validate: (all: Record<string, unknown>) => all, validatePredefined: false },
    ],
  ])('follows the file%s', async (_what, options) => {
    const { manager, save, read } = await startedWith({ HC_A: 'one' }, 'HC_A=one\n', options);
    expect(read('HC_A')).toEqual(['one', 'one']);
    expect(manager.explain('HC_A')).toMatchObject({ value: 'one', origin: { line: 1 } });
    const edited = await save('HC_A=two\n');
    expect(changesOf(edited)).toEqual(['HC_A: one → two']);
    expect(edited.issues).toEqual([]);
    expect(read('HC_A')).toEqual(['two', 'two']);
    expect(manager.explain('HC_A').shadowed).toMatchObject([{ value: 'one', origin: { variable: 'HC_A' } }]);
    const back = await save('HC_A=one\n');
    expect(changesOf(back)).toEqual(['HC_A: two → one']);
    expect(read('HC_A')).toEqual(['one', 'one']);
  });

  it('gets its first value again when the line is removed, which is said', async () => {
    const { save, read } = await startedWith({ HC_A: 'one' }, 'HC_A=one\n');
    await save('HC_A=two\n');
    const removed = await save('HC_B=1\n');
    expect(changesOf(removed)).toEqual(['HC_A: two → one', 'HC_B: undefined → 1']);
    expect(messagesOf(removed)).toEqual([REMOVED]);
    expect(read('HC_A')).toEqual(['one', 'one']);
    expect(changesOf(await save('HC_A=three\n'))).toContain('HC_A: one → three');
  });

  it('is expanded again, if the process has the expanded value or the line itself', async () => {
    const text = (host: string) => `HC_HOST=${host}\nHC_URL=http://\${HC_HOST}\nHC_B=$HC_URL/b\n`;
    for (const url of ['http://a', 'http://${HC_HOST}']) {
      const given = { HC_HOST: 'a', HC_URL: url };
      const { manager, save, read } = await startedWith(given, text('a'), { expandVariables: true });
      expect([read('HC_URL'), read('HC_B')]).toEqual([
        ['http://a', 'http://a'],
        ['http://a/b', 'http://a/b'],
      ]);
      expect(manager.status().sources[0]!.warnings).toBeUndefined();
      await save(text('b'));
      expect([read('HC_URL'), read('HC_B')]).toEqual([
        ['http://b', 'http://b'],
        ['http://b/b', 'http://b/b'],
      ]);
    }
  });

  it('follows the file in a process whose parent has the value that the schema made of it', async () => {
    const validationSchema = Joi.object({ HC_A: Joi.number() });
    const { manager, save, read } = await startedWith({ HC_A: '80' }, 'HC_A=080\n', { validationSchema });
    expect(read('HC_A')).toEqual([80, '80']);
    expect(manager.status().sources[0]!.warnings).toBeUndefined();
    await save('HC_A=081\n');
    expect(read('HC_A')[0]).toBe(81);
  });

  it('follows a rollback', async () => {
    const { manager, save, read } = await startedWith({ HC_A: 'one' }, 'HC_A=one\n');
    await save('HC_A=two\n');
    await manager.rollback();
    expect(read('HC_A')).toEqual(['one', 'one']);
    await save('HC_A=three\n');
    expect(read('HC_A')).toEqual(['three', 'three']);
  });

  it('is seen by factories as the file has it, and changes nothing if it is rejected', async () => {
    const factory = () => ({ HC_SEEN: process.env['HC_A'] });
    const validationSchema = Joi.object({ HC_A: Joi.string().valid('one', 'two') });
    const options = { load: [factory], validationSchema };
    const { save, read, config } = await startedWith({ HC_A: 'one' }, 'HC_A=one\n', options);
    expect(await save('HC_A=no\n')).toMatchObject({ outcome: 'rejected', issues: [{ origin: { line: 1 } }] });
    expect([...read('HC_A'), config.get('HC_SEEN')]).toEqual(['one', 'one', 'one']);
    await save('HC_A=two\n');
    expect([...read('HC_A'), config.get('HC_SEEN')]).toEqual(['two', 'two', 'two']);
  });

  it('is none any more when other code has changed it', async () => {
    const { save, read } = await startedWith({ HC_A: 'one' }, 'HC_A=one\n');
    process.env['HC_A'] = 'mine';
    expect(messagesOf(await save('HC_A=two\n'))).toEqual([SHADOWED]);
    expect(read('HC_A')).toEqual(['mine', 'mine']);
  });

  it('may be set, and follows the file again after unset', async () => {
    const { config, manager, save, read } = await startedWith({ HC_A: 'one' }, 'HC_A=one\n');
    config.set('HC_A', 'set');
    await manager.settled();
    expect(messagesOf(await save('HC_A=two\n'))).toEqual([]);
    expect(read('HC_A')).toEqual(['set', 'set']);
    await manager.unset('HC_A');
    await manager.reload();
    expect(read('HC_A')).toEqual(['two', 'two']);
  });

  it('follows the files of two apps of one process, and of one that starts after an edit', async () => {
    const first = await startedWith({ HC_A: 'one' }, 'HC_A=one\n');
    await first.save('HC_A=two\n');
    const second = await startEnvApp('HC_A=two\n');
    expect(second.config.get('HC_A')).toBe('two');
    await second.save('HC_A=three\n');
    expect([second.config.get('HC_A'), process.env['HC_A']]).toEqual(['three', 'three']);
  });

  it('leaves the precedence of several forRoot(): the files of the first win', async () => {
    restoreEnvironment();
    process.env['HC_A'] = 'one';
    const folder = new TempFolder();
    const first = HotConfigModule.forRoot({ envFilePath: folder.write('first.env', 'HC_A=one\n') });
    const envFilePath = folder.write('other.env', 'HC_A=one\nHC_B=1\n');
    const { app, config } = await startEnvApp('', { envFilePath }, { imports: [first] });
    const manager = app.get(HotConfigManager);
    folder.write('first.env', 'HC_A=two\n');
    await manager.reload();
    expect([config.get('HC_A'), process.env['HC_A'], config.get('HC_B')]).toEqual(['two', 'two', '1']);
    folder.write('other.env', 'HC_A=other\n');
    expect(messagesOf(await manager.reload())).toEqual([]);
    expect([config.get('HC_A'), process.env['HC_A']]).toEqual(['two', 'two']);
  });
});

describe('An expansion that loses a part of a value', () => {
  const UNSET = /^HC_A has a \$ before a name that neither the environment nor a line above sets/;
  const SEARCHED = /^HC_A refers to a variable whose value contains a \$/;

  it.each<[string, string, Record<string, string>, unknown, RegExp[]]>([
    ['a name that nothing sets', 'HC_A=pa$word', {}, 'pa', [UNSET]],
    ['the same in single quotes', "HC_A='pa$word'", {}, 'pa', [UNSET]],
    ['two $', 'HC_A=pa$$word', {}, 'pa$', [UNSET]],
    ['a line below', 'HC_A=x$HC_B\nHC_B=1', {}, 'x', [UNSET]],
    ['a $ in a variable of the environment', 'HC_A=x$HC_P', { HC_P: 'pa$word' }, 'xpa', [SEARCHED, UNSET]],
    ['two $ in a variable of the environment', 'HC_A=x$HC_P', { HC_P: 'a$$5' }, 'xa$5', [SEARCHED]],
    ['no escaped $', 'HC_A=pa\\$word', {}, 'pa$word', []],
    ['no $ before a number', 'HC_A=$5 and 3$', {}, '$5 and 3$', []],
    ['no default', 'HC_A=a${HC_X:-b}${HC_X-}${HC_X:+c}', {}, 'ab', []],
    ['no empty variable', 'HC_B=\nHC_A=a$HC_B', {}, 'a', []],
  ])('is warned about: %s', async (_what, text, given, value, warnings) => {
    const { manager, config } = await startedWith(given, text, { expandVariables: true });
    expect(config.get<unknown>('HC_A')).toBe(value);
    const found = manager.status().sources[0]!.warnings ?? [];
    expect(found.map(({ message }) => message)).toEqual(
      warnings.map((pattern) => expect.stringMatching(pattern)),
    );
    for (const { message, origin } of found) {
      expect(origin).toMatchObject({ line: text.startsWith('HC_B') ? 2 : 1 });
      expect(message).not.toContain('word');
    }
  });

  it('is warned about in dotenv() too, which keeps a $ in inserted values', async () => {
    restoreEnvironment();
    process.env['HC_P'] = 'a$$b$word\\';
    const { folder } = await startEnvApp('');
    const path = folder.write('own.env', 'HC_A=pa$word\nHC_B=x$HC_P$HC_A\n');
    const { config, manager } = await startEnvApp('', { sources: [dotenv(path, { expand: true })] });
    expect(config.get('HC_B')).toBe('xa$$b$word\\pa');
    const warnings = manager.status().sources.flatMap((source) => source.warnings ?? []);
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringMatching(UNSET)]);
  });
});

describe('A variable that only the validation has set', () => {
  it.each<[string, HotConfigModuleOptions]>([
    ['Joi', { validationSchema: Joi.object({ HC_A: Joi.string(), HC_B: Joi.number().default(3) }) }],
    ['validate', { validate: (variables) => ({ HC_B: 3, ...variables }) }],
  ])('is explained as a default, at boot and after a change, with %s', async (_what, options) => {
    const { manager, save } = await startedWith({}, 'HC_A=1\n', options);
    expect(manager.explain('HC_B')).toMatchObject({ value: 3, source: 'default' });
    expect(manager.explain('HC_B').origin).toBeUndefined();
    await save('HC_A=2\n');
    expect(manager.explain('HC_B')).toMatchObject({ value: 3, source: 'default' });
    expect(manager.explain('HC_A')).toMatchObject({ source: 'environment', origin: { line: 1 } });
    await save('HC_A=2\nHC_B=4\n');
    expect(manager.explain('HC_B')).toMatchObject({ source: 'environment', origin: { line: 2 } });
  });

  it('is named once in the line of an issue if it is missing', async () => {
    const validationSchema = Joi.object({ HC_A: Joi.string().required() });
    const { save } = await startedWith({}, 'HC_A=1\n', { validationSchema });
    const result = await save('HC_B=1\n');
    expect(String((result as { error?: Error }).error?.stack)).not.toMatch(/HC_A\s+HC_A/);
    expect(describeResult(result)).toMatch(/\n {2}environment {2,}HC_A is required/);
  });
});
