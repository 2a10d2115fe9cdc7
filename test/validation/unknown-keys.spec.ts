import { expect, it } from 'vitest';
import { findDroppedKeys } from '../../lib/validation/unknown-keys.js';

it('Unknown keys are all found, and only as many are compared with the known ones as an operator reads', () => {
  const misspelled = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`timeout_${index}`, 1]));
  const found = findDroppedKeys({ timeouts: 1, ...misspelled }, { timeout_s: 1 });
  expect(found).toHaveLength(2_001);
  expect(found[0]?.suggestion).toBe('timeout_s');
  expect(found.filter(({ suggestion }) => suggestion !== undefined)).toHaveLength(100);
});
