import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigOptionsError, env, type EnvOptions } from 'nestjs-hot-config';
import { EnvSource } from '../../lib/sources/env.source.js';
import { MemorySource } from '../support/memory.source.js';
import { startApp } from '../support/start-app.js';
import { failureOf, load } from './support/loading.js';

const read = async (variables: Record<string, string>, options: EnvOptions = { prefix: 'APP_' }) =>
  (await load(new EnvSource(options, variables))).tree;
const messagesOf = async (variables: Record<string, string>) =>
  (await failureOf(new EnvSource({ prefix: 'APP_' }, variables))).issues.map(({ message }) => message);

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
});
