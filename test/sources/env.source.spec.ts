import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { ConfigOptionsError, type ConfigValidationError, env, type EnvOptions } from 'nestjs-hot-config';
import { EnvSource } from '../../lib/sources/env.source.js';
import { MemorySource } from '../support/memory.source.js';
import { KubeletVolume } from '../support/kubelet-volume.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { failureOf, load } from './support/loading.js';

const read = async (variables: Record<string, string>, options: EnvOptions = { prefix: 'APP_' }) =>
  (await load(new EnvSource(options, variables))).tree;
const messagesOf = async (variables: Record<string, string>) =>
  (await failureOf(new EnvSource({ prefix: 'APP_' }, variables))).issues.map(({ message }) => message);

const writeBytes = (folder: TempFolder, latin1: string) => {
  writeFileSync(folder.file('db'), latin1, 'latin1');
  return folder.file('db');
};

describe('env', () => {
  it('turns names into paths, and keeps values unchanged', async () => {
    expect(
      await read({
        APP_LLM__MODEL: 'small',
        APP_LLM__MAX_TOKENS: '10',
        APP_PORT: '',
        OTHER: 'x',
        app_x: '1',
      }),
    ).toEqual({
      llm: { model: 'small', max_tokens: '10' },
      port: '',
    });
  });

  it('warns of values that end with a line break, and keeps them', async () => {
    const variables = { APP_LLM__MODEL: 'gpt\r', APP_PEM: 'a\nb\n', APP_X: 'x', APP_BLANK: ' \n' };
    const { tree, warnings } = await load(new EnvSource({ prefix: 'APP_' }, variables));
    expect(tree).toMatchObject({ llm: { model: 'gpt\r' }, pem: 'a\nb\n' });
    const origin = { source: 'env APP_*', variable: 'APP_LLM__MODEL' };
    expect(warnings).toMatchObject([{ path: 'llm.model', origin }]);
    expect(warnings?.[0]?.message).toContain(
      'APP_LLM__MODEL ends with a line break that is a part of the value; remove',
    );
    const several = await load(new EnvSource({ prefix: 'APP_' }, { APP_A: 'a\r\n', APP_B: 'b\n' }));
    expect(several.warnings).toMatchObject([
      { path: '', message: expect.stringContaining('APP_A, APP_B end with') as string },
    ]);
  });

  it('reads all variables without a prefix, except names that are not paths', async () => {
    expect(await read({ A__B: '1', __CF: '2', C__: '3', D: '4' }, {})).toEqual({ a: { b: '1' }, d: '4' });
  });

  it.each<[EnvOptions['keys'], object]>([
    ['snake_case', { max_tokens: { per_day: '1' } }],
    ['camelCase', { maxTokens: { perDay: '1' } }],
    ['as-is', { MAX_TOKENS: { PER_DAY: '1' } }],
    [(part) => part.toLowerCase().replaceAll('_', '-'), { 'max-tokens': { 'per-day': '1' } }],
  ])('converts keys to %s', async (keys, tree) => {
    const options = { prefix: 'APP_', ...(keys && { keys }) };
    expect(await read({ APP_MAX_TOKENS__PER_DAY: '1' }, options)).toEqual(tree);
  });

  it('accepts another separator', async () => {
    expect(await read({ 'APP.LLM.MODEL': 'x' }, { prefix: 'APP.', separator: '.' })).toEqual({
      llm: { model: 'x' },
    });
    expect(() => env({ separator: '' })).toThrow(ConfigOptionsError);
  });

  it('turns numbered elements into lists, in their order', async () => {
    const hosts = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`APP_HOSTS__${n}`, `h${n}`]));
    expect(await read({ ...hosts, APP_S__0__A: 'x', APP_S__1__A: 'y' })).toEqual({
      hosts: Array.from({ length: 11 }, (_, n) => `h${n}`),
      s: [{ a: 'x' }, { a: 'y' }],
    });
    expect(await read({ APP_LIMITS__404: 'x', APP_LIMITS__500: 'y' })).toEqual({
      limits: { 404: 'x', 500: 'y' },
    });
  });

  it('rejects a list with a gap', async () => {
    expect(await messagesOf({ APP_S__0: 'x', APP_S__2: 'y' })).toEqual([
      's is a list without element 1; number its elements from 0, without gaps',
    ]);
  });

  it('rejects two variables for one path, and one below another, with their names', async () => {
    expect(await messagesOf({ APP_A: '1', APP_A__B: '2' })).toEqual([
      'APP_A and APP_A__B both set a; unset one of them',
    ]);
    expect(await messagesOf({ APP_A__B: '2', APP_a: '1' })).toEqual([
      'APP_A__B and APP_a both set a; unset one of them',
    ]);
    expect(await messagesOf({ APP_A: '1', APP_a: '2' })).toEqual([
      'APP_A and APP_a both set a; unset one of them',
    ]);
  });

  it('rejects keys that could change a prototype, and names with too many keys', async () => {
    expect(await messagesOf({ APP_CONSTRUCTOR__A: '1' })).toEqual([expect.stringContaining('"constructor"')]);
    const proto = new EnvSource({ prefix: 'APP_', separator: '.' }, { 'APP_A.__proto__.B': '1' });
    expect((await failureOf(proto)).message).toContain('__proto__');
    expect(await messagesOf({ [`APP_${'A__'.repeat(40_000)}A`]: '1' })).toEqual([
      expect.stringContaining('more than 64 keys'),
    ]);
  });

  it('locates the variable that sets a path', async () => {
    const layer = await load(new EnvSource({ prefix: 'APP_' }, { APP_LLM__MODEL: 'x', APP_S__0__P: '1' }));
    const locate = (path: string[]) => layer.locate(path);
    expect(locate(['llm', 'model'])).toEqual({ source: 'env APP_*', variable: 'APP_LLM__MODEL' });
    expect(locate(['s', '0', 'p'])).toEqual({ source: 'env APP_*', variable: 'APP_S__0__P' });
    expect(locate(['llm', 'temperature'])).toEqual({ source: 'env APP_*', variable: 'APP_LLM__MODEL' });
    expect(locate(['other'])).toEqual({ source: 'env APP_*' });
  });

  it('reads any names and values', async () => {
    const part = fc
      .stringMatching(/^[a-z][a-z0-9]{0,3}(?:_[a-z0-9]{1,3})?$/)
      .filter((key) => key !== 'prototype');
    const entries = fc.uniqueArray(fc.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.string()), {
      selector: ([keys]) => keys.join('.'),
    });
    await fc.assert(
      fc.asyncProperty(entries, async (variablesByKeys) => {
        const names = variablesByKeys.map(([keys]) => keys.join('__').toUpperCase());
        fc.pre(!names.some((name) => names.some((other) => other.startsWith(`${name}__`))));
        const variables = Object.fromEntries(variablesByKeys.map(([, value], n) => [`X_${names[n]}`, value]));
        const layer = await load(new EnvSource({ prefix: 'X_' }, variables));
        for (const [n, [keys, value]] of variablesByKeys.entries()) {
          const found = keys.reduce<unknown>(
            (tree, key) => (tree as Record<string, unknown>)[key],
            layer.tree,
          );
          expect([found, layer.locate(keys)?.variable]).toEqual([value, `X_${names[n]}`]);
        }
      }),
      { numRuns: 300 },
    );
  });

  describe('in an app', () => {
    const before = { ...process.env };
    beforeEach(() => {
      process.env['HOTTEST_LLM__PORT'] = '8080';
      process.env['HOTTEST_LLM__TAGS'] = '["a"]';
    });
    afterEach(() => {
      process.env = before;
    });
    const schema = z.object({
      llm: z.object({ port: z.number(), tags: z.array(z.string()).default([]), id: z.string().default('') }),
    });

    it('has the types that the schema expects, and overrides lower sources', async () => {
      process.env['HOTTEST_LLM__ID'] = '42';
      const sources = [new MemorySource({ llm: { port: 1, id: 'x' } }), env({ prefix: 'HOTTEST_' })];
      const { config, manager } = await startApp({}, {}, { schema, sources });
      expect(config.value).toEqual({ llm: { port: 8080, tags: ['a'], id: '42' } });
      process.env['HOTTEST_LLM__PORT'] = '8081';
      expect(await manager.reload()).toMatchObject({
        outcome: 'applied',
        changes: [{ path: 'llm.port', current: 8081 }],
      });
      expect(await manager.reload()).toMatchObject({ outcome: 'unchanged' });
    });

    it('shows the variable in errors', async () => {
      const { manager } = await startApp({}, {}, { schema, sources: [env({ prefix: 'HOTTEST_' })] });
      process.env['HOTTEST_LLM__PORT'] = 'eighty';
      const result = await manager.reload();
      expect(result).toMatchObject({
        outcome: 'rejected',
        error: {
          message: expect.stringMatching(/HOTTEST_LLM__PORT {2}llm\.port: .*number.*\(was "eighty"\)/),
        },
      });
    });

    it('converts strings of an earlier version too', async () => {
      const { config, manager } = await startApp({}, {}, { schema, sources: [env({ prefix: 'HOTTEST_' })] });
      process.env['HOTTEST_LLM__PORT'] = '9';
      await manager.reload();
      expect(await manager.rollback(1)).toMatchObject({ outcome: 'applied' });
      expect(config.get('llm.port')).toBe(8080);
    });
  });

  describe('with variables that name files', () => {
    const readFiles = async (variables: Record<string, string>, options: EnvOptions = {}) =>
      load(new EnvSource({ prefix: 'APP_', files: true, ...options }, variables));
    const problemsOf = async (variables: Record<string, string>, limits = {}) =>
      (await failureOf(new EnvSource({ prefix: 'APP_', files: true }, variables), { limits })).issues;

    it('reads the value from the file, without one newline at its end', async () => {
      const folder = new TempFolder();
      const file = folder.write('db', 's3cret\n\n');
      const layer = await readFiles({
        APP_DB__PASSWORD_FILE: file,
        APP_DB__CRLF_FILE: folder.write('crlf', 'x\r\n'),
        APP_DB__USER: 'app',
        APP_FILE: 'plain',
        APP_LOG__FILE: 'app.log',
      });
      expect(layer).toMatchObject({
        tree: {
          db: { password: 's3cret\n', crlf: 'x', user: 'app' },
          file: 'plain',
          log: { file: 'app.log' },
        },
        stringsOnly: true,
        secretPaths: [
          ['db', 'crlf'],
          ['db', 'password'],
        ],
      });
      expect(layer.files).toBeUndefined();
      const source = 'env APP_*';
      expect(layer.locate(['db', 'password'])).toEqual({ source, variable: 'APP_DB__PASSWORD_FILE', file });
      expect(layer.locate(['db', 'user'])).toEqual({ source, variable: 'APP_DB__USER' });
    });

    it('reads only the files of the listed variables', async () => {
      const file = new TempFolder().write('db', 's3cret');
      const options = { files: ['APP_DB__PASSWORD'] };
      expect(
        (await readFiles({ APP_DB__PASSWORD_FILE: file, APP_LOG_FILE: '/nowhere' }, options)).tree,
      ).toEqual({
        db: { password: 's3cret' },
        log_file: '/nowhere',
      });
      expect(() => env({ prefix: 'APP_', files: ['DB__PASSWORD'] })).toThrow(
        `env(): the option "files" has 'DB__PASSWORD'; name variables with their prefix 'APP_' and without '_FILE'`,
      );
    });

    it('does not read files without the option, and is not watched', async () => {
      expect(await read({ APP_KEY_FILE: '/nowhere' })).toEqual({ key_file: '/nowhere' });
      expect(env({ prefix: 'APP_' })).toMatchObject({ watch: undefined });
      expect(env({ prefix: 'APP_', files: true })).toMatchObject({ watch: expect.any(Function) });
    });

    it('has another hash when a file or its path changes', async () => {
      const folder = new TempFolder();
      const variables = { APP_KEY_FILE: folder.write('key', 'one') };
      const first = await readFiles(variables);
      const source = new EnvSource({ prefix: 'APP_', files: true }, variables);
      expect(await load(source, { known: [first] })).toBe(first);
      folder.write('key', 'two');
      expect((await load(source, { known: [first] })).hash).not.toBe(first.hash);
      expect((await readFiles({ APP_KEY_FILE: folder.write('other', 'one') })).hash).not.toBe(first.hash);
    });

    it('rejects a variable that is set in both ways', async () => {
      const file = new TempFolder().write('db', 's3cret');
      const [issue] = await problemsOf({ APP_DB__PASSWORD: 'x', APP_DB__PASSWORD_FILE: file });
      expect(issue?.message).toBe(
        'APP_DB__PASSWORD and APP_DB__PASSWORD_FILE both set db.password; unset one of them',
      );
    });

    it.each([
      [
        'a missing file',
        () => '/nowhere/db',
        'names the file /nowhere/db, which does not exist; create it, or correct',
      ],
      ['a directory', () => tmpdir(), 'is a directory, not a file; name a file in it'],
      ['a device', () => '/dev/zero', 'names the file /dev/zero, which is a device, not a file'],
      [
        'an empty file',
        (folder: TempFolder) => folder.write('db', '\n'),
        'is empty; write the value into it',
      ],
      ['a large file', (folder: TempFolder) => folder.write('db', 's3cret'.repeat(9)), 'limit maxFileSize'],
      [
        'bytes that are not UTF-8',
        (folder: TempFolder) => writeBytes(folder, 's3cret\xff'),
        'is not valid UTF-8',
      ],
      ['a NUL byte', (folder: TempFolder) => folder.write('db', 's3cret\0'), 'contains a NUL byte'],
      ['no path', () => '', 'must be the path of a file, but is empty'],
      [
        'the secret itself',
        () => '-----BEGIN s3cret\nkey',
        'must be the path of a file, but is empty, has several lines',
      ],
      [
        'the secret itself, in one line',
        () => 's3cret-of-one-line',
        'names a file (not shown, because it may be the value itself) that does not exist',
      ],
    ])('rejects %s, with the variable and without the content', async (_what, pathIn, message) => {
      const path = pathIn(new TempFolder());
      const issues = await problemsOf({ APP_DB__PASSWORD_FILE: path }, { maxFileSize: 50 });
      expect(issues).toMatchObject([{ path: 'db.password', origin: { variable: 'APP_DB__PASSWORD_FILE' } }]);
      expect(issues[0]?.message).toMatch(/^APP_DB__PASSWORD_FILE /);
      expect(issues[0]?.message).toContain(message);
      expect(JSON.stringify(issues)).not.toContain('s3cret');
    });

    it('reports all files that cannot be read, and waits for one that is being replaced', async () => {
      const variables = { APP_A_FILE: '/nowhere/a', APP_B_FILE: '/nowhere/b' };
      expect((await problemsOf(variables)).map(({ path }) => path)).toEqual(['a', 'b']);
      const source = new EnvSource({ prefix: 'APP_', files: true }, variables);
      expect((await failureOf(source, { final: false })).transient).toBe(true);
      expect((await failureOf(source)).transient).toBe(false);
    });

    it('limits the size of all files together', async () => {
      const folder = new TempFolder();
      const variables = { APP_A_FILE: folder.write('a', '12345'), APP_B_FILE: folder.write('b', '12345') };
      expect((await problemsOf(variables, { maxTotalSize: 9 }))[0]?.message).toContain('limit maxTotalSize');
    });

    it('applies a secret that is rotated while the app runs, and shows it nowhere', async () => {
      const volume = new KubeletVolume(new TempFolder().file('secrets'), {
        dsn: 'first-value',
        port: '738529527',
      });
      process.env['ROTATE_DB__DSN2_FILE'] = join(volume.path, 'dsn');
      process.env['ROTATE_DB__PORT_FILE'] = join(volume.path, 'port');
      onTestFinished(() => {
        delete process.env['ROTATE_DB__DSN2_FILE'];
        delete process.env['ROTATE_DB__PORT_FILE'];
      });
      const logged: string[] = [];
      const log = (...texts: unknown[]) => void logged.push(inspect(texts));
      const logger = { log, error: log, warn: log, debug: log, verbose: log };
      const schema = z.object({ db: z.object({ dsn2: z.string().startsWith('f'), port: z.number() }) });
      const { config, manager } = await startApp(
        {},
        {},
        { schema, logger, sources: [env({ prefix: 'ROTATE_', files: true })] },
      );
      expect(config.value).toEqual({ db: { dsn2: 'first-value', port: 738529527 } });
      volume.update({ dsn: 'fresh-value', port: '738529528' });
      await until('the secret is applied', () => config.get('db.port') === 738529528);
      expect(config.get('db.dsn2')).toBe('fresh-value');
      volume.update({ dsn: 'wrong-value', port: '738529528' });
      await until('the wrong secret is rejected', () => logged.some((line) => line.includes('ejected')));
      expect(JSON.stringify([manager.status(), manager.explain('db.port')])).not.toMatch(/-value|73852952/);
      expect(logged.join('\n')).not.toMatch(/-value|73852952/);
    });
  });

  describe('among the service links of Kubernetes', () => {
    const links = {
      APP_SERVICE_HOST: '10.0.0.1',
      APP_SERVICE_PORT: '80',
      APP_SERVICE_PORT_HTTP: '80',
      APP_PORT: 'tcp://10.0.0.1:80',
      APP_PORT_80_TCP: 'tcp://10.0.0.1:80',
      APP_PORT_80_TCP_PROTO: 'tcp',
      APP_PORT_80_TCP_PORT: '80',
      APP_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    const hint =
      'APP_PORT looks like a Kubernetes service link; set enableServiceLinks: false in the pod, or use another prefix ' +
      'for the variables of the app';
    const linked = async (variables: Record<string, string>, options: EnvOptions = { prefix: 'APP_' }) => {
      const { warnings = [] } = await load(new EnvSource(options, variables));
      return warnings.map(({ message }) => message);
    };

    it('keeps them, and names them once', async () => {
      const variables = { ...links, APP_LLM__MODEL: 'x' };
      expect(await linked(variables)).toEqual([
        `${hint}; so do ${Object.keys(links)
          .filter((name) => name !== 'APP_PORT')
          .sort()
          .join(', ')}`,
      ]);
      expect(await read(variables)).toMatchObject({ port: 'tcp://10.0.0.1:80', llm: { model: 'x' } });
    });

    it.each([
      ['another service', { APP_DB_SERVICE_HOST: '10.0.0.1', APP_DB_PORT: 'tcp://10.0.0.1:5432' }, 2],
      ['an IPv6 address', { APP_SERVICE_HOST: 'fd00::1', APP_PORT: 'tcp://[fd00::1]:80' }, 2],
      ['a link of Docker', { APP_PORT_80_TCP: 'tcp://10.0.0.1:80', APP_PORT_80_TCP_ADDR: '10.0.0.1' }, 2],
      ['a port that the pod sets itself', { ...links, APP_PORT: '3000' }, 7],
      ['a port without a service', { APP_PORT: 'tcp://10.0.0.1:80' }, 0],
      ['a host without an address', { APP_SERVICE_HOST: 'db', APP_SERVICE_PORT: '80', APP_PORT: '80' }, 0],
      ['a name that only looks like one', { ...links, APP_PORTAL: 'x', APP_SERVICE_HOSTS: 'y' }, 8],
    ])('recognizes %s', async (_what, variables, count) => {
      const warnings = await linked(variables);
      expect(warnings.join(', ').match(/APP_\w+/g) ?? []).toHaveLength(count);
      expect(warnings.join()).not.toMatch(/APP_PORTAL|APP_SERVICE_HOSTS/);
    });

    it('says nothing about those of the cluster without a prefix', async () => {
      expect(await linked(links, {})).toEqual([]);
    });

    it('says it where a schema refuses such a value or key', async () => {
      Object.assign(process.env, links);
      onTestFinished(() => {
        for (const name of Object.keys(links)) delete process.env[name];
      });
      const schema = z.strictObject({ port: z.number() });
      const failure: unknown = await startApp({}, {}, { schema, sources: [env({ prefix: 'APP_' })] }).catch(
        (error: unknown) => error,
      );
      const { issues } = failure as ConfigValidationError;
      expect(issues.find(({ message }) => message.startsWith('port'))?.message).toContain(`; ${hint}`);
      expect(issues.find(({ message }) => message.startsWith('service_host'))?.message).toContain(
        '; APP_SERVICE_HOST looks like a Kubernetes service link',
      );
    });
  });
});
