import fc from 'fast-check';
import { ConfigSourceError, ConfigValidationError, type ReloadResult } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startApp } from '../support/start-app.js';
import { canary, leaksIn, shownOf } from './support/canary.js';

const SECRET = canary();

/** Ways in which an error can resist being changed, copied or read. */
const RESISTANCE: Readonly<Record<string, (error: Error & Record<string, unknown>) => unknown>> = {
  nothing: (error) => error,
  frozen: (error) => Object.freeze(error),
  sealed: (error) => Object.seal(error),
  'fixed members': (error) =>
    Object.defineProperties(error, {
      message: { value: error.message, configurable: false },
      fixed: { value: SECRET, configurable: false },
    }),
  'a getter with a secret': (error) =>
    Object.defineProperty(error, 'lazy', { get: () => SECRET, enumerable: true }),
  'getters that throw': (error) =>
    Object.defineProperties(error, {
      stack: { get: () => raise(), configurable: false },
      lazy: { get: () => raise(), enumerable: true },
    }),
  'a cycle': (error) => Object.assign(error, { self: error, list: [error] }),
  'a fixed list': (error) => Object.assign(error, { list: Object.freeze([SECRET, { SECRET }]) }),
  'a Proxy that throws': (error) =>
    new Proxy(error, { get: raise, getPrototypeOf: raise, ownKeys: raise, getOwnPropertyDescriptor: raise }),
  'an inherited message': (error) =>
    Object.setPrototypeOf(
      error,
      Object.create(Object.getPrototypeOf(error) as object, { detail: { get: raise } }) as object,
    ) as unknown,
};

function raise(): never {
  throw new Error(`hostile ${SECRET}`);
}

type Make = (cause: unknown) => Error;
const MAKERS: readonly Make[] = [
  (cause) => new Error(`refused ${SECRET}`, { cause }),
  (cause) => new AggregateError([cause, new Error(SECRET)], `several ${SECRET}`, { cause }),
  (cause) => new ConfigValidationError(`bad ${SECRET}`, [{ path: 'a', message: SECRET }], { cause }),
  (cause) => new ConfigSourceError(`bad ${SECRET}`, [], { cause, revision: SECRET }),
  (cause) => Object.assign(new z.ZodError([]), { cause, note: SECRET }),
];

const hostile = fc
  .array(fc.tuple(fc.constantFrom(...MAKERS), fc.constantFrom(...Object.keys(RESISTANCE))), {
    minLength: 1,
    maxLength: 4,
  })
  .map((levels) =>
    levels.reduce<unknown>(
      (cause, [make, resistance]) =>
        RESISTANCE[resistance]!(make(cause) as unknown as Error & Record<string, unknown>),
      undefined,
    ),
  );

/** An app whose schema throws whatever a test wants. */
async function appThatThrows() {
  let thrown: unknown;
  const { manager, change, config } = await startApp(
    { api_key: SECRET, n: 0 },
    {},
    {
      schema: (tree) => {
        if (tree['n'] !== 0) throw thrown;
        return tree;
      },
    },
  );
  let n = 0;
  const reject = (error: unknown): Promise<ReloadResult> => {
    thrown = error;
    n += 1;
    return change({ api_key: SECRET, n });
  };
  return { manager, config, reject };
}

describe('An error that resists being redacted', () => {
  it('rejects the reload, and shows no secret', async () => {
    const { reject, manager, config } = await appThatThrows();
    await fc.assert(
      fc.asyncProperty(hostile, async (error) => {
        const result = await reject(error);
        expect(result.outcome).toBe('rejected');
        const shown = new Map([
          ['result', shownOf(result)],
          ['error', shownOf((result as { error?: Error }).error)],
          ['status', shownOf(manager.status().lastError)],
        ]);
        expect(leaksIn(shown, [SECRET])).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(config.get('n')).toBe(0);
  });

  it('rejects the reload too if its list of issues is empty', async () => {
    const { reject } = await appThatThrows();
    expect(await reject(new ConfigValidationError('bad', []))).toMatchObject({ outcome: 'rejected' });
  });
});
