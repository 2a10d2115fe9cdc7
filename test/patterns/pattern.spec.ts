import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  compilePattern,
  compilePatterns,
  selectChanges,
  type PatternInput,
} from '../../lib/patterns/pattern.js';
import { ConfigPatternError } from '../../lib/errors/config.errors.js';
import { formatPath } from '../../lib/model/paths.js';
import { changeOf } from '../changes/harness.js';

const matches = (pattern: PatternInput, ...path: string[]): boolean => compilePattern(pattern).matches(path);
const selects = (pattern: PatternInput, ...path: string[]): boolean => compilePattern(pattern).selects(path);

function errorOf(pattern: unknown): unknown {
  try {
    return compilePattern(pattern as string);
  } catch (error) {
    return error;
  }
}

describe('a pattern', () => {
  it('matches the value it names, and everything below', () => {
    expect(matches('llm', 'llm')).toBe(true);
    expect(matches('llm', 'llm', 'model')).toBe(true);
    expect(matches('llm.model', 'llm', 'model')).toBe(true);
    expect(matches('llm.model', 'llm', 'model', 'name')).toBe(true);
    expect(matches('llm.model', 'llm')).toBe(false);
    expect(matches('llm.model', 'llm', 'models')).toBe(false);
    expect(matches('llm', 'llms')).toBe(false);
  });

  it('selects only the value itself, not what is below it', () => {
    expect(selects('llm', 'llm')).toBe(true);
    expect(selects('llm', 'llm', 'model')).toBe(false);
    expect(selects('llm.*', 'llm', 'model')).toBe(true);
    expect(selects('llm.*', 'llm')).toBe(false);
    expect(selects('llm.**', 'llm', 'model', 'name')).toBe(true);
    expect(selects(/^llm$/, 'llm')).toBe(true);
    expect(selects(/^llm$/, 'llm', 'model')).toBe(false);
  });

  it('matches one whole key with *', () => {
    expect(matches('llm.*', 'llm', 'model')).toBe(true);
    expect(matches('llm.*', 'llm', 'a', 'b')).toBe(true);
    expect(matches('llm.*', 'llm')).toBe(false);
    expect(matches('servers.*.port', 'servers', '3', 'port')).toBe(true);
    expect(matches('servers.*.port', 'servers', 'port')).toBe(false);
    expect(matches('servers[*].port', 'servers', '3', 'port')).toBe(true);
  });

  it('matches any part of a key with *', () => {
    expect(matches('llm.max_*', 'llm', 'max_retries')).toBe(true);
    expect(matches('llm.max_*', 'llm', 'max_')).toBe(true);
    expect(matches('llm.max_*', 'llm', 'min_retries')).toBe(false);
    expect(matches('*_url', 'base_url')).toBe(true);
    expect(matches('*_url', 'base_urls')).toBe(false);
    expect(matches('a*b*c', 'a-b-b-c')).toBe(true);
    expect(matches('a*b*c', 'a-c-b')).toBe(false);
    expect(matches('a*b*c*d', 'axcxbxd')).toBe(false);
  });

  it('does not let the parts around a wildcard overlap', () => {
    expect(matches('ab*ba', 'aba')).toBe(false);
    expect(matches('ab*ba', 'abba')).toBe(true);
  });

  it('matches any number of keys with **, also zero', () => {
    expect(matches('**.timeout', 'timeout')).toBe(true);
    expect(matches('**.timeout', 'a', 'b', 'timeout')).toBe(true);
    expect(matches('**.timeout', 'a', 'timeout', 'ms')).toBe(true);
    expect(matches('**.timeout', 'a', 'timeouts')).toBe(false);
    expect(matches('a.**.b', 'a', 'b')).toBe(true);
    expect(matches('a.**.b', 'a', 'x', 'y', 'b')).toBe(true);
    expect(matches('a.**.b', 'x', 'b')).toBe(false);
    expect(matches('llm.**', 'llm')).toBe(true);
    expect(matches('**.**.timeout', 'timeout')).toBe(true);
  });

  it('matches everything with **, the root too', () => {
    expect(matches('**', 'a', 'b')).toBe(true);
    expect(matches('**')).toBe(true);
    expect(matches('a')).toBe(false);
  });

  it('accepts indices of arrays as keys, after a dot and in brackets', () => {
    expect(matches('servers.0.port', 'servers', '0', 'port')).toBe(true);
    expect(matches('servers[0].port', 'servers', '0', 'port')).toBe(true);
    expect(matches('servers[0][1]', 'servers', '0', '1')).toBe(true);
    expect(matches('servers[0].port', 'servers', '1', 'port')).toBe(false);
  });

  it('takes a quoted key literally, with its dots and asterisks', () => {
    expect(matches("modules['npc.dialogue'].text", 'modules', 'npc.dialogue', 'text')).toBe(true);
    expect(matches('modules["npc.dialogue"].text', 'modules', 'npc.dialogue', 'text')).toBe(true);
    expect(matches("['*']", '*')).toBe(true);
    expect(matches("['*']", 'a')).toBe(false);
    expect(matches("['it\\'s']", "it's")).toBe(true);
    expect(matches("['']", '')).toBe(true);
  });

  it('accepts every path in the format of Change.path', () => {
    for (const path of [
      ['a b', "it's"],
      ['x.y', '[0]', '\\'],
      ['**', '"'],
      [' ', '', '\n'],
    ]) {
      expect(matches(formatPath(path), ...path)).toBe(true);
    }
  });

  it('stays fast with many wildcards', () => {
    const deep = `${'**.a.'.repeat(30)}b`;
    expect(matches(deep, ...Array<string>(300).fill('a'))).toBe(false);
    expect(matches(`${'a*'.repeat(30)}b`, 'a'.repeat(10_000))).toBe(false);
  });

  it('keeps its source, for messages', () => {
    expect(compilePattern('llm.*').source).toBe('llm.*');
    expect(compilePattern(/_url$/i).source).toBe('/_url$/i');
  });
});

describe('a RegExp as a pattern', () => {
  it('is tested against the path, and against the paths of the values that contain it', () => {
    expect(matches(/_url$/, 'llm', 'base_url')).toBe(true);
    expect(matches(/^llm$/, 'llm', 'model')).toBe(true);
    expect(matches(/^servers\.\d+\.port$/, 'servers', '0', 'port')).toBe(true);
    expect(matches(/npc\.dialogue'\]$/, 'modules', 'npc.dialogue', 'text')).toBe(true);
    expect(matches(/_url$/, 'llm', 'model')).toBe(false);
  });

  it('is not tested against the root, which contains everything', () => {
    expect(matches(/^(?!secret)/, 'secret', 'key')).toBe(false);
    expect(matches(/^$/)).toBe(true);
  });

  it('keeps no state between calls, whatever its flags', () => {
    for (const expression of [/llm/g, /llm/y, /llm/gy]) {
      const pattern = compilePattern(expression);
      expect([1, 2, 3].map(() => pattern.matches(['llm']))).toEqual([true, true, true]);
      expect(expression.lastIndex).toBe(0);
    }
    expect(matches(/model/y, 'llm', 'model')).toBe(false);
  });

  it('may come from another realm', () => {
    expect(matches(runInNewContext('/^llm$/') as RegExp, 'llm')).toBe(true);
  });
});

describe('an invalid pattern', () => {
  it.each([
    ['', 'A pattern must not be empty; "**" selects everything'],
    ['  \t', 'A pattern must not be empty; "**" selects everything'],
    ['.a', 'The pattern ".a" is invalid at character 1: it begins with a dot'],
    ['a.', 'The pattern "a." is invalid at character 2: it ends with a dot'],
    ['a..b', 'The pattern "a..b" is invalid at character 3: a key is missing between two dots'],
    ['.', 'The pattern "." is invalid at character 1: it begins with a dot'],
    [
      'a.[0]',
      'The pattern "a.[0]" is invalid at character 3: there must be no dot before a bracket, as in servers[0]',
    ],
    ['a.]', 'The pattern "a.]" is invalid at character 3: this "]" has no matching "["'],
    ['a]', 'The pattern "a]" is invalid at character 2: this "]" has no matching "["'],
    [']', 'The pattern "]" is invalid at character 1: this "]" has no matching "["'],
    ['a[0', 'The pattern "a[0" is invalid at character 2: this "[" is not closed'],
    ['a[]', 'The pattern "a[]" is invalid at character 2: the brackets are empty'],
    ['a[ ]', 'The pattern "a[ ]" is invalid at character 2: the brackets are empty'],
    [
      'a[b[c]',
      'The pattern "a[b[c]" is invalid at character 2: brackets must contain an index, "*" or a quoted key',
    ],
    ['a[0]b', 'The pattern "a[0]b" is invalid at character 5: a dot is missing after "]"'],
    ["a['b", `The pattern "a['b" is invalid at character 3: this ' is not closed`],
    ["a['b]", `The pattern "a['b]" is invalid at character 3: this ' is not closed`],
    ["a['b'", `The pattern "a['b'" is invalid at character 6: a "]" is missing after the quoted key`],
    [
      "a.'b.c'",
      `The pattern "a.'b.c'" is invalid at character 3: a quoted key must be in brackets, as in modules['npc.dialogue']`,
    ],
    [
      'a.***',
      'The pattern "a.***" is invalid at character 3: "**" must be a whole key, as in "**.timeout"; use "*" for a part of a key',
    ],
    [
      'a**b',
      'The pattern "a**b" is invalid at character 2: "**" must be a whole key, as in "**.timeout"; use "*" for a part of a key',
    ],
    [
      'a. b',
      `The pattern "a. b" is invalid at character 3: white space around a key; if it is part of the key, write [' b']`,
    ],
    [
      'a.  .b',
      `The pattern "a.  .b" is invalid at character 3: white space around a key; if it is part of the key, write ['  ']`,
    ],
  ])('reports the problem of %j, and its position', (pattern, message) => {
    expect(errorOf(pattern)).toEqual(new ConfigPatternError(message));
  });

  it('reports the type of a value that is neither a string nor a RegExp', () => {
    expect(errorOf(undefined)).toEqual(
      new ConfigPatternError('A pattern must be a string or a RegExp, not undefined'),
    );
    expect(errorOf(null)).toEqual(new ConfigPatternError('A pattern must be a string or a RegExp, not null'));
    expect(errorOf(7)).toEqual(new ConfigPatternError('A pattern must be a string or a RegExp, not number'));
    expect(errorOf([['a']])).toEqual(
      new ConfigPatternError('A pattern must be a string or a RegExp, not an array'),
    );
  });
});

describe('several patterns', () => {
  it('select each change that one of them matches, once', () => {
    const changes = [changeOf('a'), changeOf('b', 'timeout'), changeOf('c')];
    expect(selectChanges(compilePatterns(['a', '**.timeout', '*', /c/]), changes)).toEqual(changes);
    expect(selectChanges(compilePatterns(['a', /timeout/]), changes)).toEqual(changes.slice(0, 2));
    expect(selectChanges(compilePatterns('d'), changes)).toEqual([]);
  });

  it('must be at least one', () => {
    expect(() => compilePatterns([])).toThrow('At least one pattern is required');
  });
});
