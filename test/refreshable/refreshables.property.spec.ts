import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Values } from './support/bench.js';
import { RefreshablesModel, type Step } from './support/model.js';
import { runs } from '../support/storm-run.js';

const LABELS = ['A', 'B', 'C'];
const which = fc.nat(20);
const values: fc.Arbitrary<Values> = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat(3), { maxKeys: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('prepare' as const),
      values,
      fails: fc.nat(9).map((n) => n === 0),
      reuse: fc.boolean(),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constantFrom('commit' as const, 'discard' as const, 'pin' as const, 'unpin' as const),
      which,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('register' as const),
      label: fc.constantFrom(...LABELS),
      from: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'timeout' as const }) },
);
const steps = fc
  .tuple(fc.array(step, { minLength: 5, maxLength: 60 }), fc.boolean())
  .map(([list, closes]): Step[] => [
    { do: 'register', label: 'A', from: false },
    { do: 'register', label: 'B', from: true },
    ...list,
    ...(closes ? [{ do: 'close' } as const] : []),
  ]);

describe('Components', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('stay the same for all work on a version, live as long as work may use them, and never leak', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const model = new RefreshablesModel();
        for (const one of list) await model.run(one);
        expect(await model.end()).toBe(0);
      }),
      runs(300),
    );
  });
});
