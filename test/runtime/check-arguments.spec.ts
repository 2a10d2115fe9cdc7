import 'reflect-metadata';
import {
  BeforeConfigChange,
  ConfigOptionsError,
  refreshable,
  type HotConfigManager,
} from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/start-app.js';

/** The manager as called by code without type checking. */
type Unchecked = { readonly [Name in keyof HotConfigManager]: (...parameters: unknown[]) => unknown };

describe('The manager', () => {
  it.each<[keyof HotConfigManager, unknown[], string]>([
    ['reload', [null], 'The options of reload() must be an object, but are null'],
    ['reload', ['now'], 'The options of reload() must be an object, but are "now"'],
    ['reload', [{ forced: true }], 'Unknown option "forced" of reload(); did you mean "force"?'],
    ['reload', [{ force: 'yes' }], 'The option "force" must be true or false, but is "yes"'],
    ['reload', [{ reason: 7 }], 'The option "reason" must be a string, but is 7'],
    ['rollback', [null], 'rollback() takes a version number, or { steps } with an integer of at least 1'],
    ['rollback', ['1'], 'rollback() takes a version number, or { steps } with an integer of at least 1'],
    [
      'rollback',
      [{ version: null }],
      'rollback() takes a version number, or { steps } with an integer of at least 1',
    ],
    ['rollback', [{ version: 1, steps: 1 }], 'rollback() takes a version number or { steps }, not both'],
    ['rollback', [1, { wirte: true }], 'Unknown option "wirte" of rollback(); did you mean "write"?'],
    ['rollback', [1, { write: 'true' }], 'The option "write" must be true or false, but is "true"'],
    ['set', ['n', 2, { tll: '5m' }], 'Unknown option "tll" of set(); did you mean "ttl"?'],
    ['set', ['n', 2, { ttl: null }], 'The option "ttl" must be a number of milliseconds (0 or more)'],
    ['set', [null, 2], `'null' is not a path`],
    ['unset', ['n', { ttl: '5m' }], 'Unknown option "ttl" of unset()'],
    ['explain', [null], `explain() takes a path such as 'llm.model', not null`],
    ['explain', [], `explain() takes a path such as 'llm.model', not undefined`],
    ['plan', [null], 'plan() takes an object'],
    ['plan', ['x'], 'not "x"'],
    ['plan', [['x']], 'not an array'],
    ['diff', ['1'], `diff() takes version numbers or 'sources', not "1"`],
    ['diff', [1, null], 'not null'],
    ['addSource', ['app.yaml'], `addSource() takes a source such as file('app.yaml'), not "app.yaml"`],
    ['addSource', [], 'not undefined'],
    ['removeSource', [], 'removeSource() takes a source or its name, not undefined'],
  ])(
    'rejects invalid arguments of %s(), and the version in force stays: %j',
    async (method, parameters, message) => {
      const { manager, config } = await startApp({ n: 1 });
      const call = async () => (manager as unknown as Unchecked)[method](...parameters);
      await expect(call()).rejects.toBeInstanceOf(ConfigOptionsError);
      await expect(call()).rejects.toThrow(message);
      expect(config.snapshot.version).toBe(1);
    },
  );

  it('rejects the returned promise instead of throwing synchronously', async () => {
    const { manager } = await startApp({ n: 1 });
    const unchecked = manager as unknown as Unchecked;
    const methods = [
      'reload',
      'rollback',
      'set',
      'unset',
      'plan',
      'diff',
      'addSource',
      'removeSource',
    ] as const;
    for (const method of methods)
      await expect(unchecked[method](true, true, true)).rejects.toThrow(ConfigOptionsError);
  });
});

describe('refreshable()', () => {
  it.each([
    [
      { provide: 'pool', on: 'db', useFactory: () => 1, dipose: () => 2 },
      'Unknown option "dipose" of refreshable(); did you mean "dispose"?',
    ],
    [{ provide: 'pool', on: 'db' }, 'The option "useFactory" of refreshable() is missing'],
    [
      { provide: undefined, on: 'db', useFactory: () => 1 },
      'The option "provide" of refreshable() is missing',
    ],
    [{ provide: 'pool', on: 'db', useFactory: 7 }, 'The option "useFactory" must be a function, but is 7'],
  ])('reports the invalid option: %j', (options, message) => {
    expect(() => refreshable(options as never)).toThrow(message);
  });
});

describe('Subscribers', () => {
  it('must be functions, with known options', async () => {
    const { config } = await startApp({ n: 1 });
    expect(() => config.onChange('n', 'handler' as never)).toThrow('must be a function');
    expect(() => config.onChange('n', () => undefined, { priorty: 1 } as never)).toThrow(
      'Unknown option "priorty"; did you mean "priority"?',
    );
    class Guard {
      @BeforeConfigChange('n', { priority: 1 } as never)
      check(): void {}
    }
    await expect(startApp({ n: 1 }, { providers: [Guard] })).rejects.toThrow(
      'Guard.check is not a valid change handler: Unknown option "priority"; the options are timeout',
    );
  });
});
