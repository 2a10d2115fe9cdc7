import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, selectChanges } from '../../lib/patterns/pattern.js';
import { PatternIndex } from '../../lib/patterns/pattern-index.js';
import type { Change } from '../../lib/model/change.interface.js';
import { ConfigPatternError } from '../../lib/errors/config.errors.js';
import { formatPath } from '../../lib/model/paths.js';
import { runs } from '../support/storm-run.js';

/** Few keys, so that patterns match paths often. */
const key = fc.constantFrom('a', 'b', 'ab', 'ba', 'aab', '0', 'x.y', 'a*');
const path = fc.array(key, { minLength: 1, maxLength: 5 });
const change = path.map((segments): Change => ({
  path: formatPath(segments),
  segments,
  kind: 'changed',
  previous: 1,
  current: 2,
}));

/** A segment of a pattern: as a string, and as the reference implementation reads it. */
interface Written {
  readonly text: string;
  readonly accepts?: (key: string) => boolean;
}
const step: fc.Arbitrary<Written> = fc.oneof(
  key.map((name) => ({ text: formatPath([name]), accepts: (other: string) => other === name })),
  fc.constantFrom('*', 'a*', '*b', 'a*b', '*a*').map((text) => ({
    text,
    accepts: (other: string) => new RegExp(`^${text.replaceAll('*', '.*')}$`).test(other),
  })),
  fc.constant({ text: '**' }),
);
const steps = fc.array(step, { minLength: 1, maxLength: 5 });

function write(written: readonly Written[]): string {
  return written.reduce((text, { text: next }) => {
    if (text === '' || next.startsWith('[')) return text + next;
    return `${text}.${next}`;
  }, '');
}

/** The reference implementation: it tries every way, slowly and plainly. */
function selects(written: readonly Written[], keys: readonly string[]): boolean {
  const [first, ...others] = written;
  if (first === undefined) return keys.length === 0;
  if (first.accepts === undefined) {
    return selects(others, keys) || (keys.length > 0 && selects(written, keys.slice(1)));
  }
  return keys.length > 0 && first.accepts(keys[0]!) && selects(others, keys.slice(1));
}

function selectsSelfOrAncestor(written: readonly Written[], keys: readonly string[]): boolean {
  return [...keys.keys(), keys.length].some((length) => selects(written, keys.slice(0, length)));
}

function errorOf(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('patterns', () => {
  it('select the same paths as the reference implementation, and match everything below them', () => {
    fc.assert(
      fc.property(steps, path, (written, keys) => {
        const pattern = compilePattern(write(written));
        expect(pattern.selects(keys)).toBe(selects(written, keys));
        expect(pattern.matches(keys)).toBe(selectsSelfOrAncestor(written, keys));
      }),
      runs(2_000),
    );
  });

  it('made from a formatted path select exactly that path, whatever its keys', () => {
    const anyPath = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyPath, anyPath, (keys, others) => {
        const pattern = compilePattern(formatPath(keys));
        expect(pattern.selects(keys)).toBe(true);
        expect(pattern.selects(others)).toBe(formatPath(keys) === formatPath(others));
        expect(pattern.matches([...keys, ...others])).toBe(true);
      }),
    );
  });

  it('are compiled or refused with a readable error, whatever the string', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('a', '.', '[', ']', '*', "'", '"', '\\', ' ', '0') }),
    );
    fc.assert(
      fc.property(text, path, (source, keys) => {
        const error = errorOf(() => compilePattern(source).matches(keys));
        expect(error ?? new ConfigPatternError('pattern')).toBeInstanceOf(ConfigPatternError);
      }),
      runs(2_000),
    );
  });
});

describe('the index', () => {
  const expression = fc.constantFrom(/a/, /b$/g, /^a\.b$/y, /^0/, /x\.y/);
  const subscription = fc.array(fc.oneof(steps.map(write), expression), { minLength: 1, maxLength: 3 });

  it('finds the same as testing each pattern, while entries are added and removed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ patterns: subscription, leaves: fc.boolean() }), { maxLength: 12 }),
        fc.uniqueArray(change, { maxLength: 8, selector: ({ path: text }) => text }),
        (subscriptions, changes) => {
          const index = new PatternIndex<number>();
          const entries = subscriptions.map(({ patterns, leaves }) => ({
            patterns: patterns.map(compilePattern),
            leaves,
          }));
          entries.forEach(({ patterns }, entry) => index.add(patterns, entry));
          entries.forEach(({ patterns, leaves }, entry) => {
            if (leaves) index.remove(patterns, entry);
          });

          const naive = new Map<number, Change[]>();
          entries.forEach(({ patterns, leaves }, entry) => {
            const selected = leaves ? [] : selectChanges(patterns, changes);
            if (selected.length > 0) naive.set(entry, selected);
          });
          expect(new Map([...index.match(changes)].toSorted(([a], [b]) => a - b))).toEqual(naive);

          entries.forEach(({ patterns }, entry) => index.remove(patterns, entry));
          expect(index.isEmpty).toBe(true);
        },
      ),
      runs(1_000),
    );
  });
});
