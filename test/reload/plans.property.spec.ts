import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ReloadPlan, ReloadResult } from 'nestjs-hot-config';
import { HotConfigManager } from '../../lib/runtime/hot-config.manager.js';
import { MemorySource } from '../support/memory.source.js';
import { booted } from './support/runtime.js';

type Step =
  | { readonly edit: 0 | 1; readonly tree: Record<string, number> }
  | { readonly broken: 0 | 1 }
  | { readonly set: string; readonly value: number; readonly ttl?: number }
  | { readonly unset: string }
  | { readonly rollback: number }
  | { readonly reload: boolean }
  | { readonly wait: number };

const key = fc.constantFrom('a', 'b', 'port');
const source = fc.constantFrom<0 | 1>(0, 1);
/** 9 is refused, and `port` waits for a restart. */
const value = fc.constantFrom(1, 2, 3, 9);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ edit: source, tree: fc.dictionary(key, value) }),
  fc.record({ broken: source }),
  fc.record({ set: key, value, ttl: fc.constant(50) }, { requiredKeys: ['set', 'value'] }),
  fc.record({ unset: key }),
  fc.record({ rollback: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ reload: fc.boolean() }),
  fc.record({ wait: fc.constant(60) }),
);

async function app(policy: 'hold' | 'reject') {
  const sources = [new MemorySource({ a: 1 }, 'lower'), new MemorySource({ b: 1 }, 'upper')] as const;
  const { runtime } = await booted(sources, {
    restartRequired: ['port'],
    onRestartRequired: policy,
    validators: [(tree) => (Object.values(tree).includes(9) ? { path: 'a', message: 'is 9' } : undefined)],
  });
  const manager = new HotConfigManager(runtime);
  const take = async (taken: Step): Promise<void> => {
    if ('edit' in taken) sources[taken.edit].set(taken.tree);
    else if ('broken' in taken) sources[taken.broken].set(new Error('cannot be read'));
    else if ('set' in taken)
      await manager.set(taken.set, taken.value, taken.ttl === undefined ? {} : { ttl: taken.ttl });
    else if ('unset' in taken) await manager.unset(taken.unset);
    else if ('rollback' in taken) await manager.rollback({ steps: taken.rollback });
    else if ('reload' in taken) await manager.reload({ force: taken.reload });
    else await vi.advanceTimersByTimeAsync(taken.wait);
  };
  return { manager, take };
}

/** What a plan and the reload after it have in common. */
function essence({ outcome, changes, issues }: ReloadPlan | ReloadResult) {
  return {
    outcome,
    changes: changes.map(({ path, kind, previous, current }) => [path, kind, previous, current]),
    issues: issues.map(({ path, message }) => [path, message]),
  };
}

// An override that expires is removed at a moment of the test's choosing: between two steps.
beforeAll(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterAll(() => void vi.useRealTimers());

describe('In any state, a plan', () => {
  it.each([false, true])('says what the reload then does (force: %s)', async (force) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('hold' as const, 'reject' as const),
        async (steps, policy) => {
          const { manager, take } = await app(policy);
          for (const each of steps) await take(each);
          const plan = await manager.plan(undefined, { force });
          const result = await manager.reload({ force });
          expect(essence(plan)).toEqual(essence(result));
          if (result.outcome === 'rejected') return;
          const { rolledBack, pendingRestart } = manager.status();
          expect(plan).toMatchObject({ rolledBack, restart: pendingRestart });
        },
      ),
      { numRuns: 60 },
    );
  });
});
