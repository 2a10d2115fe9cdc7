import { describe, expect, it } from 'vitest';
import { compilePatterns, type PatternInput } from '../../lib/patterns/pattern.js';
import { PatternIndex } from '../../lib/patterns/pattern-index.js';
import { changeOf } from '../changes/harness.js';

function indexOf(entries: Record<string, PatternInput | PatternInput[]>): PatternIndex<string> {
  const index = new PatternIndex<string>();
  for (const [entry, patterns] of Object.entries(entries)) index.add(compilePatterns(patterns), entry);
  return index;
}

describe('the pattern index', () => {
  it('finds every entry that a change concerns, and no other', () => {
    const index = indexOf({
      exact: 'llm.model',
      above: 'llm',
      one: 'llm.*',
      part: 'llm.mod*',
      deep: '**.model',
      all: '**',
      expression: /model$/,
      sibling: 'llm.temperature',
      below: 'llm.model.name',
      other: 'db.*',
    });
    const matched = index.match([changeOf('llm', 'model')]);
    expect([...matched.keys()].toSorted()).toEqual(
      ['above', 'all', 'deep', 'exact', 'expression', 'one', 'part'].toSorted(),
    );
  });

  it('returns the changes of each entry, in their order, each once', () => {
    const index = indexOf({ both: ['a', 'a.b', '**.b', '**', /b/], one: 'c' });
    const changes = [changeOf('c'), changeOf('a', 'b'), changeOf('a', 'b', 'c')];
    const matched = index.match(changes);
    expect(matched.get('both')).toEqual(changes);
    expect(matched.get('one')).toEqual([changes[0]]);
  });

  it('finds nothing if nothing is registered, or nothing changed', () => {
    expect(new PatternIndex().match([changeOf('a')]).size).toBe(0);
    expect(indexOf({ all: '**' }).match([]).size).toBe(0);
  });

  it('keeps entries with the same pattern apart', () => {
    const index = indexOf({ first: 'a.b', second: 'a.b' });
    index.remove(compilePatterns('a.b'), 'first');
    expect([...index.match([changeOf('a', 'b')]).keys()]).toEqual(['second']);
  });

  it('tests an expression once for all entries that share it', () => {
    const index = new PatternIndex<string>();
    const shared = compilePatterns(/a/);
    index.add(shared, 'first');
    index.add(shared, 'second');
    expect([...index.match([changeOf('a')]).keys()]).toEqual(['first', 'second']);
    index.remove(shared, 'first');
    expect([...index.match([changeOf('a')]).keys()]).toEqual(['second']);
  });

  it('holds nothing in memory for removed entries', () => {
    const index = new PatternIndex<string>();
    const patterns = compilePatterns(['a', 'a.b', 'a.b.c', 'a.*.c', 'a.x*', '**', '**.z.**', "['q.r']", /x/]);
    index.add(patterns, 'first');
    index.add(patterns, 'second');
    index.remove(patterns, 'first');
    expect(index.isEmpty).toBe(false);
    index.remove(patterns, 'second');
    expect(index.isEmpty).toBe(true);
  });

  it('ignores the removal of what was never added', () => {
    const index = indexOf({ first: ['a.b', /a/] });
    index.remove(compilePatterns(['x.y', 'a', 'a.*', 'a.**', 'a.b.c', /a/]), 'first');
    index.remove(compilePatterns('a.b'), 'second');
    expect([...index.match([changeOf('a', 'b')]).keys()]).toEqual(['first']);
  });
});
