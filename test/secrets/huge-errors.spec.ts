import { ConfigSourceError, type HotConfigError, type ReloadResult } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { startEnvApp } from '../compat/nestjs-config/support/env-app.js';
import { startApp } from '../support/start-app.js';
import { canary, leaksIn, shownOf } from './support/canary.js';

const SECRET = canary();
const MANY = 1_000_000;

/** A list that counts how many of its items are read. */
function countedList(item: unknown) {
  const reads = new Set<PropertyKey>();
  const list = new Proxy([], {
    get: (target, key) => {
      if (key === 'length') return 1e9;
      if (typeof key !== 'string' || !/^\d+$/.test(key)) return Reflect.get(target, key) as unknown;
      reads.add(key);
      return item;
    },
    has: (target, key) => /^\d+$/.test(String(key)) || Reflect.has(target, key),
  });
  return { list, reads };
}

function chainOf(causes: number): Error {
  let error = new Error('the first cause');
  // Without stacks, which would take longer than the rest of the test.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (let count = 0; count < causes; count += 1) error = new Error('a cause', { cause: error });
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

const issue = { path: ['HC_A'], message: 'is not good' };

const HUGE: Readonly<Record<string, () => unknown>> = {
  'a message of 20 MB': () => new Error(`${'word '.repeat(4_000_000)}${SECRET}`),
  'a message of 20 MB without a space': () => new Error('w'.repeat(20_000_000)),
  'a message of a million lines': () => new Error('HC_A is bad\n'.repeat(MANY)),
  'a million issues': () => Object.assign(new Error('bad'), { issues: Array(MANY).fill(issue) }),
  'a million issues of Joi': () => Object.assign(new Error('bad'), { details: Array(MANY).fill(issue) }),
  'a list that says that it has a thousand million issues': () =>
    Object.assign(new Error('bad'), { issues: countedList(issue).list }),
  'a path of a thousand million keys': () =>
    Object.assign(new Error('bad'), { issues: [{ message: 'bad', path: countedList('a').list }] }),
  'errors of class-validator that contain themselves': () => {
    const error = { property: 'a', children: [] as unknown[] };
    error.children.push(error, error);
    return [error];
  },
  'a chain of 200,000 causes': () => chainOf(200_000),
  'a million errors': () => new AggregateError(Array(MANY).fill(new Error('one')), 'many'),
  'a source error of a million issues': () =>
    new ConfigSourceError('bad', Array(MANY).fill({ path: 'HC_A', message: 'is not good' })),
};

function errorOf(result: ReloadResult): HotConfigError {
  if (result.outcome !== 'rejected') throw new Error(`The reload ended ${result.outcome}`);
  return result.error;
}

function expectBounded(error: HotConfigError): void {
  expect(error.issues.length).toBeLessThanOrEqual(1001);
  expect(error.message.length).toBeLessThan(1_000_000);
  expect((error.stack ?? '').length).toBeLessThan(1_000_000);
  expect(leaksIn(new Map([['error', shownOf(error)]]), [SECRET])).toEqual([]);
}

describe.each(Object.entries(HUGE))('%s', (_name, make) => {
  it('rejects the reload with a short error when validate throws it', async () => {
    let isBad = false;
    const validate = (variables: Record<string, unknown>) => {
      if (isBad) throw make();
      return variables;
    };
    const { save, config } = await startEnvApp('HC_A=1\n', { validate });
    isBad = true;
    expectBounded(errorOf(await save('HC_A=2\n')));
    isBad = false;
    await save('HC_A=3\n');
    expect(config.get('HC_A')).toBe('3');
  });

  it.each(['schema', 'validator'])(
    'rejects the reload with a short error when a %s throws it',
    async (by) => {
      const check = (place: string, tree: Record<string, unknown>) => {
        if (place === by && tree['n'] !== 0) throw make();
      };
      const { change, config } = await startApp(
        { api_key: SECRET, n: 0 },
        {},
        {
          schema: (tree) => (check('schema', tree), tree),
          validators: [(tree) => check('validator', tree as Record<string, unknown>)],
        },
      );
      expectBounded(errorOf(await change({ api_key: SECRET, n: 1 })));
      expect(config.get('n')).toBe(0);
    },
  );
});

describe('A long list of issues', () => {
  it('is complete up to 1,000, and then says how many there are more', async () => {
    let count = 0;
    const { change } = await startApp(
      { n: 0 },
      {},
      {
        validators: [
          () => Array.from({ length: count }, (_, at) => ({ path: `k${at}`, message: `k${at} is not good` })),
        ],
      },
    );
    count = 1000;
    const whole = errorOf(await change({ n: 1 }));
    expect(whole.issues.map(({ path }) => path)).toEqual(Array.from({ length: 1000 }, (_, at) => `k${at}`));
    expect(whole.message).toContain('k999 is not good');
    count = 5000;
    const { issues } = errorOf(await change({ n: 2 }));
    expect([issues.length, issues[999]!.path, issues[1000]!.message]).toEqual([
      1001,
      'k999',
      'and 4000 more',
    ]);
  });

  it('is not read beyond them', async () => {
    const { list, reads } = countedList(issue);
    const { change } = await startApp(
      { n: 0 },
      {},
      {
        schema: (tree) => {
          if (tree['n'] !== 0) throw Object.assign(new Error('bad'), { issues: list });
          return tree;
        },
      },
    );
    errorOf(await change({ n: 1 }));
    expect(reads.size).toBeLessThanOrEqual(20_000);
  });
});

describe('A long message', () => {
  it('ends before a word, so that no part of a secret is left', async () => {
    const text = `${'a '.repeat(32 * 1024 - 503)}${SECRET} ${'b '.repeat(100_000)}`;
    const { change } = await startApp(
      { api_key: SECRET, n: 0 },
      {},
      { validators: [(tree) => ((tree as { n: number }).n === 0 ? undefined : [text])] },
    );
    const { message } = errorOf(await change({ api_key: SECRET, n: 1 }));
    expect(message.slice(-60)).toMatch(/a… \(\d+ characters more\)$/);
    expect(message).not.toContain(SECRET.slice(0, 4));
  });
});
