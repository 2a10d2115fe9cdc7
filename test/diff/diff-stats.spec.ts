import { expect, it } from 'vitest';
import { diffStats } from '../../lib/diff/diff-stats.js';
import { diff } from '../../lib/snapshot/diff.js';

it('counts the changes of a reload by their kind', () => {
  const before = { same: 1, changed: 1, type: '1', removed: 1, object: { a: 1 }, scalar: 1 };
  const after = {
    same: 1,
    changed: 2,
    type: 1,
    added: { a: 1, b: 2 },
    object: 'text',
    scalar: { x: 1, y: { z: 2 } },
  };

  expect(diffStats(diff(before, after))).toEqual({ added: 2, removed: 1, changed: 1, typeChanged: 3 });
});

it('counts nothing if nothing changed', () => {
  expect(diffStats([])).toEqual({ added: 0, removed: 0, changed: 0, typeChanged: 0 });
});
