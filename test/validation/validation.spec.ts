import { describe, expect, it } from 'vitest';
import { ConfigValidationError, type ConfigTree, type ConfigValidator } from 'nestjs-hot-config';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { Snapshot } from '../../lib/snapshot/snapshot.js';
import { Validation, type UnknownKeysPolicy } from '../../lib/validation/validation.js';
import type { Schema, SchemaResult } from '../../lib/validation/validator.interface.js';

type Config = Record<string, unknown>;

const origin = { source: 'app.yaml', file: 'app.yaml', line: 3, column: 5 };
const locate = () => origin;
const freezer = new Freezer();

interface Rules {
  schema?: Schema;
  validators?: ConfigValidator<Config>[];
  unknownKeys?: UnknownKeysPolicy;
}

const validation = ({ schema, validators = [], unknownKeys = 'warn' }: Rules) =>
  new Validation(
    { schema, validators: validators as never, unknownKeys, secrets: new SecretPolicy() },
    freezer,
  );
const run = (rules: Rules, tree: ConfigTree = { a: 1 }, current?: Snapshot) =>
  validation(rules).run(tree, current, locate);

/** The messages of a rejection; an empty list where there was none. */
async function messages(rules: Rules, tree?: ConfigTree): Promise<string[]> {
  try {
    await run(rules, tree);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigValidationError)) throw error;
    return error.issues.map(({ message }) => message);
  }
}

function snapshotOf(value: Config): Snapshot {
  return new Snapshot({
    version: 1,
    hash: '',
    time: new Date(),
    cause: 'boot',
    value: freezer.freeze(value),
  });
}

const schemaThat = (result: Partial<SchemaResult>): Schema => ({
  check: (tree) => Promise.resolve({ value: tree, issues: [], unknownKeys: [], ...result }),
});

describe('Validation', () => {
  it('accepts everything without a schema, and freezes it', async () => {
    const { value, changes, warnings } = await run({}, { a: { b: [1] } });
    expect(value).toEqual({ a: { b: [1] } });
    expect(Object.isFrozen((value as { a: { b: unknown } }).a.b)).toBe(true);
    expect([changes.map(({ path }) => path), warnings]).toEqual([['a.b.0'], []]);
  });

  it('shares with the current value what did not change, and reports what did', async () => {
    const current = snapshotOf({ same: { n: 1 }, other: 1 });
    const { value, changes } = await run({}, { same: { n: 1 }, other: 2 }, current);
    expect((value as Config).same).toBe(current.value.same);
    expect(changes).toMatchObject([{ path: 'other', kind: 'changed', previous: 1, current: 2 }]);
  });

  it('returns the current value itself if nothing changed, and calls no validator', async () => {
    const current = snapshotOf({ a: { n: 1 } });
    const validators = [() => expect.fail('was called')];
    const { value, changes } = await run({ validators }, { a: { n: 1 } }, current);
    expect([value, changes]).toEqual([current.value, []]);
    expect(value).toBe(current.value);
  });

  it('rejects with every issue of the schema, each in its place', async () => {
    const schema = schemaThat({
      issues: [
        { path: ['a'], message: 'a is wrong' },
        { path: ['b', 'c.d'], message: 'b is wrong' },
      ],
    });
    const rejection = await run({ schema }).catch((error: unknown) => error);
    expect(rejection).toBeInstanceOf(ConfigValidationError);
    expect(rejection).toMatchObject({
      code: 'CONFIG_VALIDATION',
      stage: 'validate',
      issues: [
        { path: 'a', message: 'a is wrong', origin },
        { path: "b['c.d']", message: 'b is wrong', origin },
      ],
    });
    expect((rejection as Error).message).toContain('app.yaml:3:5  a is wrong');
  });

  it('rejects with the reason and the cause if the schema itself fails', async () => {
    const cause = new Error('cannot reach redis://u:p@host');
    const rejection: unknown = await run({ schema: { check: () => Promise.reject(cause) } }).catch(
      (error: unknown) => error,
    );
    expect(rejection).toBeInstanceOf(ConfigValidationError);
    expect(rejection).toMatchObject({
      cause,
      issues: [
        {
          path: '',
          message: 'the schema could not check the configuration: cannot reach redis://[hidden]@host',
        },
      ],
    });
  });

  it('rejects content that contains itself', async () => {
    const cyclic: ConfigTree = {};
    cyclic.self = cyclic;
    await expect(run({}, cyclic)).rejects.toThrow(RangeError);
  });

  it('has no origin if no layer knows one', async () => {
    const schema = schemaThat({ issues: [{ path: ['a'], message: 'a is wrong' }] });
    const rejected = validation({ schema }).run({}, undefined, () => undefined);
    await expect(rejected).rejects.toMatchObject({ issues: [{ path: 'a', message: 'a is wrong' }] });
  });
});

describe('Keys that the schema does not know', () => {
  const schema = schemaThat({
    unknownKeys: [
      { path: ['llm', 'modle'], suggestion: 'llm.model' },
      { path: ['x'], suggestion: undefined },
    ],
  });
  const expected = [
    { path: 'llm.modle', message: 'llm.modle is not a known key; did you mean llm.model?', origin },
    { path: 'x', message: 'x is not a known key', origin },
  ];

  it('are accepted with a warning', async () => {
    const { value, warnings } = await run({ schema, unknownKeys: 'warn' });
    expect([value, warnings]).toEqual([{ a: 1 }, expected]);
  });

  it('are accepted without a warning, and not even located', async () => {
    const silent = validation({ schema, unknownKeys: 'allow' });
    const { warnings } = await silent.run({ a: 1 }, undefined, () => expect.fail('was located'));
    expect(warnings).toEqual([]);
  });

  it('are rejected, together with all other issues', async () => {
    const strict = schemaThat({
      issues: [{ path: ['a'], message: 'a is wrong' }],
      unknownKeys: [{ path: ['x'], suggestion: undefined }],
    });
    expect(await messages({ schema: strict, unknownKeys: 'reject' })).toEqual([
      'a is wrong',
      'x is not a known key',
    ]);
    await expect(run({ schema, unknownKeys: 'reject' })).rejects.toMatchObject({ issues: expected });
  });
});

describe('Validators', () => {
  it('see the frozen candidate, the current snapshot and what would change', async () => {
    const seen: unknown[] = [];
    const validator: ConfigValidator<Config> = (candidate, { current, changes }) => {
      seen.push([Object.isFrozen(candidate), candidate.n, current?.value.n, changes.map(({ path }) => path)]);
    };
    await run({ validators: [validator] }, { n: 1 });
    await run({ validators: [validator] }, { n: 2 }, snapshotOf({ n: 1 }));
    expect(seen).toEqual([
      [true, 1, undefined, ['n']],
      [true, 2, 1, ['n']],
    ]);
  });

  it.each<[string, ConfigValidator<Config>]>([
    ['nothing', () => undefined],
    ['null', () => null as never],
    ['an empty list', () => []],
    ['an empty sentence', () => ''],
    ['nothing, later', async () => {}],
  ])('accept the candidate when they return %s', async (_name, validator) => {
    expect(await messages({ validators: [validator] })).toEqual([]);
  });

  it.each<[string, ConfigValidator<Config>, string[]]>([
    ['a sentence', () => 'too many servers', ['too many servers']],
    ['an issue', () => ({ path: 'a', message: 'must be even' }), ['a must be even']],
    ['an issue that names its path', () => ({ path: 'a', message: 'a must be even' }), ['a must be even']],
    ['an issue about everything', () => ({ path: '', message: 'is odd' }), ['is odd']],
    ['an issue without a path', () => ({ message: 'is odd' }) as never, ['is odd']],
    ['an issue at no path', () => ({ path: 'a[', message: 'is odd' }), ['a[ is odd']],
    ['several', () => ['one', { path: 'b', message: 'two' }], ['one', 'b two']],
    ['them later', () => Promise.resolve('later'), ['later']],
    ['an error', () => new Error('returned') as never, ['returned']],
  ])('reject when they return %s', async (_name, validator, expected) => {
    expect(await messages({ validators: [validator] })).toEqual(expected);
  });

  it.each<[string, () => never, string]>([
    ['an error', () => raise(new Error('no budget')), 'no budget'],
    ['an error without a message', () => raise(new Error()), 'Error'],
    ['a text', () => raise('a text'), 'a text'],
    ['nothing', () => raise(undefined), 'undefined'],
    ['an empty string', () => raise(''), 'no reason was given'],
  ])('reject when they throw %s', async (_name, validator, expected) => {
    expect(await messages({ validators: [validator] })).toEqual([expected]);
    expect(await messages({ validators: [async () => validator()] })).toEqual([expected]);
  });

  it.each([true, false, 0, 7, {}, [null], [undefined], [{ path: 'a' }]])(
    'reject when they return something ambiguous: %o',
    async (answer) => {
      expect(await messages({ validators: [() => answer as never] })).toEqual([
        expect.stringMatching(/^a validator returned .+; return nothing/),
      ]);
    },
  );

  it('all run at the same time, and all their issues are reported', async () => {
    const order: string[] = [];
    const slow: ConfigValidator<Config> = async () => {
      order.push('slow');
      await new Promise((resolve) => setImmediate(resolve));
      return 'slow';
    };
    const quick: ConfigValidator<Config> = () => {
      order.push('quick');
      throw new Error('quick');
    };
    expect(await messages({ validators: [slow, quick, slow] })).toEqual(['slow', 'quick', 'slow']);
    expect(order).toEqual(['slow', 'quick', 'slow']);
  });

  it('are not called if the schema rejects the content', async () => {
    const schema = schemaThat({ issues: [{ path: ['a'], message: 'a is wrong' }] });
    expect(await messages({ schema, validators: [() => 'asked'] })).toEqual(['a is wrong']);
  });

  it('show no credentials', async () => {
    const validators = [() => 'postgres://app:hunter2@db/x cannot be reached'];
    expect(await messages({ validators })).toEqual(['postgres://[hidden]@db/x cannot be reached']);
  });

  it('cannot change the candidate', async () => {
    const validators: ConfigValidator<Config>[] = [(candidate) => void (candidate.a = 2)];
    expect(await messages({ validators })).toEqual([expect.stringContaining('read only')]);
  });
});

function raise(thrown: unknown): never {
  throw thrown;
}
