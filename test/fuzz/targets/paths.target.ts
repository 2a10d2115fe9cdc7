import assert from 'node:assert/strict';
import { ConfigPatternError } from '../../../lib/errors/config.errors.js';
import { formatPath, tryParsePath, valueAt, withValueAt } from '../../../lib/model/paths.js';
import { resolveForWriting, resolvePath } from '../../../lib/model/resolve-path.js';
import { PatternIndex } from '../../../lib/patterns/pattern-index.js';
import { compilePattern, selectChanges, type PathPattern } from '../../../lib/patterns/pattern.js';
import type { Change } from '../../../lib/model/change.interface.js';
import type { FuzzTarget } from '../target.interface.js';
import { checkMessage, checkPrototypes } from './promises.js';
import { partsOf, treeOfLines } from './tree-of-lines.js';

const WORDS = [
  'a',
  'b',
  '.',
  'a.b',
  '[0]',
  "['",
  "']",
  '["',
  '"]',
  '[',
  ']',
  '*',
  '**',
  '**.',
  '.**',
  'a*',
  '*b',
  '\\',
  "\\'",
  '\n',
  'gpt-4.1',
  'é',
  'e\u0301',
  '..',
];

/** Patterns and paths: the first part are patterns, the second one are paths, one per line. */
const patterns: FuzzTarget = {
  name: 'patterns',
  words: [...WORDS, '\n===\n', '**.a.**.b', '*a*b*'],
  workPerByte: 6_000,
  run(input) {
    const [sources = '', texts = ''] = partsOf(input, 2);
    const compiled = sources
      .split('\n')
      .slice(0, 5)
      .flatMap((source) => patternOf(source) ?? []);
    const paths = texts
      .split('\n')
      .slice(0, 5)
      .flatMap((text) => [tryParsePath(text) ?? []]);
    const changes = new Map(paths.map((segments) => [formatPath(segments), changeAt(segments)]));
    const index = new PatternIndex<PathPattern>();
    for (const pattern of compiled) index.add([pattern], pattern);
    const found = index.match([...changes.values()]);
    for (const pattern of compiled) {
      const expected = selectChanges([pattern], [...changes.values()]);
      assert.deepEqual(found.get(pattern) ?? [], expected, 'the index finds something else');
      for (const path of paths) checkPattern(pattern, path);
    }
    for (const pattern of compiled) index.remove([pattern], pattern);
    assert(index.isEmpty, 'the index keeps something');
  },
};

function patternOf(source: string): PathPattern | undefined {
  try {
    return compilePattern(source) as PathPattern;
  } catch (error) {
    if (!(error instanceof ConfigPatternError)) throw error;
    checkMessage(error.message);
    return undefined;
  }
}

function changeAt(segments: readonly string[]): Change {
  return { path: formatPath(segments), segments, kind: 'changed', previous: 1, current: 2 };
}

/** Longer paths are only matched: to look at each part of one takes the square of its length. */
const SHORT = 10;

function checkPattern(pattern: PathPattern, path: readonly string[]): void {
  if (path.length > SHORT) return;
  const isSelected = pattern.selects(path);
  const isMatched = path.some((_, index) => pattern.selects(path.slice(0, index)));
  assert.equal(pattern.matches(path), isSelected || isMatched, 'it matches more or less than it selects');
  if (path.length === 0) return;
  const exact = compilePattern(formatPath(path));
  assert(exact.selects(path), 'the pattern of a path does not select it');
}

/** Paths within a tree: the first line is a path, the rest a tree. */
const paths: FuzzTarget = {
  name: 'paths',
  words: [...WORDS, ' = 1', 'a.b = ', '["a.b"].c = ', '{"a.b":{"c":1}}', '[1,[2]]', '"x"'],
  workPerByte: 6_000,
  run(input) {
    const text = input.toString();
    const [path = ''] = text.split('\n', 1);
    const tree = treeOfLines(text.slice(path.length + 1));
    const keys = tryParsePath(path);
    if (keys !== undefined)
      assert.deepEqual(tryParsePath(formatPath(keys)), keys, 'a formatted path has other keys');
    const resolved = resolvePath(tree, path);
    if (resolved !== undefined)
      for (const each of 'keys' in resolved ? [resolved.keys] : resolved.readings)
        assert.notEqual(valueAt(tree, each), undefined, 'a path was resolved to nothing');
    const target = resolveForWriting([tree], path);
    if (target === undefined || !('keys' in target)) return;
    if (resolved !== undefined && 'keys' in resolved)
      assert.deepEqual(
        target.keys,
        resolved.keys,
        'a value is written to another place than it is read from',
      );
    const before = JSON.stringify(tree);
    assert.equal(
      valueAt(withValueAt(tree, target.keys, 'new'), target.keys),
      'new',
      'a value was not written',
    );
    assert.equal(
      valueAt(withValueAt(tree, target.keys, undefined), target.keys),
      undefined,
      'a value was not removed',
    );
    assert.equal(JSON.stringify(tree), before, 'the tree was changed');
    checkPrototypes();
  },
};

export const PATH_TARGETS: readonly FuzzTarget[] = [patterns, paths];
