import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ConfigDisposedError,
  ConfigMissingKeyError,
  ConfigOptionsError,
  ConfigParseError,
  ConfigPatternError,
  ConfigRefreshError,
  ConfigSourceError,
  ConfigValidationError,
  ConfigVetoError,
  HotConfigError,
  type ConfigIssue,
} from 'nestjs-hot-config';
import { toHotConfigError } from '../../lib/model/hot-config.error.js';
import { formatIssues } from '../../lib/model/format-issues.js';
import { reasonOf } from '../../lib/util/reason-of.js';
import { replaceStack } from '../../lib/errors/startup-error.js';

const issues: ConfigIssue[] = [
  {
    path: 'llm.temperature',
    message: 'llm.temperature must not be greater than 2 (was 7)',
    origin: { source: 'config/llm.yaml', file: 'config/llm.yaml', line: 12, column: 16 },
  },
  { path: 'llm.modle', message: 'llm.modle is not a known key', origin: { source: 'env' } },
];

describe('An error of this library', () => {
  it.each<[HotConfigError, string, string | undefined]>([
    [new ConfigSourceError('s', []), 'CONFIG_SOURCE', 'collect'],
    [new ConfigParseError('s', []), 'CONFIG_PARSE', 'collect'],
    [new ConfigValidationError('s', []), 'CONFIG_VALIDATION', 'validate'],
    [new ConfigVetoError('s', []), 'CONFIG_VETO', 'prepare'],
    [new ConfigRefreshError('LlmClient', 'no'), 'CONFIG_REFRESH', 'prepare'],
    [new ConfigDisposedError('LlmClient', 3, 'it takes too long'), 'CONFIG_DISPOSED', undefined],
    [new ConfigPatternError('s'), 'CONFIG_PATTERN', undefined],
    [new ConfigMissingKeyError('a.b'), 'CONFIG_MISSING_KEY', undefined],
    [new ConfigOptionsError('s'), 'CONFIG_OPTIONS', undefined],
    [new ConfigOptionsError('s', 'collect'), 'CONFIG_OPTIONS', 'collect'],
  ])('is a HotConfigError with a name, a code and a stage: %s', (error, code, stage) => {
    expect(error).toBeInstanceOf(HotConfigError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(error.constructor.name);
    expect([error.code, error.stage]).toEqual([code, stage]);
    expect(error.stack).toContain(error.name);
  });

  it('shows its issues in its message, and distinguishes them for programs', () => {
    const error = new ConfigValidationError('The configuration is not valid', issues);
    expect(error.message).toBe(
      [
        'The configuration is not valid',
        '  config/llm.yaml:12:16  llm.temperature must not be greater than 2 (was 7)',
        '  env                    llm.modle is not a known key',
      ].join('\n'),
    );
    expect([error.summary, error.issues]).toEqual(['The configuration is not valid', issues]);
  });

  it('says once what an unexpected error was', () => {
    const cause = new Error('x is null');
    const error = toHotConfigError(cause);
    expect(error.message).toBe('The configuration cannot be used\n  x is null');
    expect([error.code, error.cause]).toEqual(['CONFIG_UNEXPECTED', cause]);
  });

  it('is printed without its properties, which its message already contains', () => {
    const error = new ConfigValidationError('The configuration is not valid', issues);
    expect(inspect(error)).toBe(error.stack);
    expect(inspect(Object.assign(error, { stack: undefined }))).toBe(error.message);
  });

  it('can be printed as a sentence instead of its stack, followed by the stack of the app’s code that threw', () => {
    const cause = new Error('thrown by the app');
    const shown = (error: HotConfigError) => replaceStack(error, 'text').stack;
    expect(shown(new ConfigValidationError('s', []))).toBe('text');
    expect(shown(new ConfigValidationError('s', [], { cause }))).toBe(`text\n${cause.stack}`);
    const known = new TypeError('text');
    const frames = known.stack!.slice(known.stack!.indexOf('    at '));
    expect(shown(new ConfigValidationError('s', [], { cause: known }))).toBe(`text\n${frames}`);
    expect(shown(new ConfigSourceError('s', [], { cause }))).toBe('text');
  });

  it('keeps its cause', () => {
    const cause = new Error('ENOENT');
    expect(new ConfigSourceError('s', [], { cause }).cause).toBe(cause);
    expect(new ConfigVetoError('s', [], { cause }).cause).toBe(cause);
  });

  it('has a flag for failures that waiting may fix, and the revision that failed', () => {
    const failure = new ConfigParseError('s', [], { transient: true, revision: 'abc' });
    expect([failure.transient, failure.revision]).toEqual([true, 'abc']);
    const plain = new ConfigSourceError('s', []);
    expect([plain.transient, plain.revision]).toEqual([false, undefined]);
  });

  it('names the key that is missing', () => {
    expect(new ConfigMissingKeyError('llm.model').message).toBe(
      'Configuration key "llm.model" does not exist',
    );
  });
});

describe('Formatted issues', () => {
  it('have no column for positions if no issue has one', () => {
    expect(formatIssues([{ path: '', message: 'is wrong' }])).toBe('  is wrong');
    expect(formatIssues([])).toBe('');
  });

  it('are on one line each, whatever the name of a file is', () => {
    const origin = { source: 's', file: 'a\nb\u001b[2J.yaml', line: 1, column: 2 };
    expect(formatIssues([{ path: '', message: 'is wrong', origin }])).toBe(
      String.raw`  a\u000ab\u001b[2J.yaml:1:2  is wrong`,
    );
  });

  it('are all listed, however many there are', () => {
    const many = Array.from({ length: 300_000 }, () => ({ path: 'a', message: 'is wrong' }));
    expect(formatIssues(many).split('\n')).toHaveLength(300_000);
  });

  it('cannot forge a line of the log or control the terminal', () => {
    const message = 'a\nERROR forged\r\nagain \u001b[2Jcleared\u2028 \ttab \u202egnidaer';
    const text = formatIssues([{ path: 'a', message, origin: { source: 'env' } }]);
    expect(text.split('\n')).toEqual([
      '  env  a',
      '       ERROR forged',
      '       again \\u001b[2Jcleared\\u2028 \\u0009tab \\u202egnidaer',
    ]);
  });
});

describe('The reason of a failure', () => {
  it.each<[unknown, string]>([
    [new Error('no disk'), 'no disk'],
    [new TypeError(), 'TypeError'],
    [Object.assign(new AggregateError([new Error('a')]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a text', 'a text'],
    [new Error('The file is invalid:\n - no name \n'), 'The file is invalid:\n - no name'],
    ['', 'no reason was given'],
    [undefined, 'undefined'],
    [404, '404'],
    [{ message: 'like an error' }, 'like an error'],
    [{ message: 7 }, 'no reason was given'],
    [Object.create(null), 'no reason was given'],
    [Symbol('s'), 'Symbol(s)'],
  ])('is returned for any thrown value: %o', (thrown, reason) => {
    expect(reasonOf(thrown)).toBe(reason);
  });

  it('is returned even if reading the message throws', () => {
    const hostile = Object.defineProperty({}, 'message', {
      get: () => {
        throw new Error('hostile');
      },
    });
    expect(reasonOf(hostile)).toBe('the thrown value cannot be converted to a string');
  });
});
