import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigChangeEvent } from '../../lib/model/change.interface.js';
import { compilePatterns, selectChanges, type Pattern } from '../../lib/patterns/pattern.js';
import { resolveSubscribeOptions, type SubscribeOptions } from '../../lib/changes/subscribe-options.js';
import type { ConfigSnapshot } from '../../lib/model/config-snapshot.interface.js';
import { diff } from '../../lib/snapshot/diff.js';
import { Harness } from './harness.js';
import { runs } from '../support/storm-run.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** The behaviour of one call of a handler. */
type Behaviour =
  | { readonly kind: 'sync' | 'sync-throw' | 'hang' }
  | { readonly kind: 'async' | 'reject'; readonly ms: number };

interface Plan {
  readonly patterns: string[];
  readonly options: SubscribeOptions;
  /** The behaviour of each call, repeated from the start after the last. */
  readonly behaviours: Behaviour[];
}

type Action = { readonly commit: Record<string, number> } | { readonly wait: number };

const ms = fc.integer({ min: 0, max: 60 });
const good: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.constant<Behaviour>({ kind: 'sync' }),
  fc.record({ kind: fc.constant('async' as const), ms }),
);
const bad: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.constantFrom<Behaviour>({ kind: 'sync-throw' }, { kind: 'hang' }),
  fc.record({ kind: fc.constant('reject' as const), ms }),
);
const plan = (behaviour: fc.Arbitrary<Behaviour>): fc.Arbitrary<Plan> =>
  fc.record({
    patterns: fc.uniqueArray(fc.constantFrom('a', 'b', '*', '**.c'), { minLength: 1, maxLength: 2 }),
    options: fc.record(
      {
        priority: fc.constantFrom(0, 0, 1, 2),
        timeout: fc.constantFrom(20, 50, 1_000),
        retries: fc.integer({ min: 0, max: 2 }),
        retryDelay: fc.constantFrom(0, 5, 40),
        debounce: fc.constantFrom(0, 0, 10, 30),
        maxBatch: fc.constantFrom(1, 2, 5),
      },
      { requiredKeys: ['timeout'] },
    ),
    behaviours: fc.array(behaviour, { minLength: 1, maxLength: 4 }),
  });

const value = fc.integer({ min: 0, max: 2 });
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ commit: fc.record({ a: value, b: value, c: value }) }),
  fc.record({ wait: fc.integer({ min: 0, max: 40 }) }),
);
const actions = fc.array(action, { minLength: 1, maxLength: 40 });

/** One handler, and the promises that are checked at each of its calls. */
class Witness {
  readonly events: ConfigChangeEvent[] = [];
  /** The promises that do not hold. */
  readonly broken: string[] = [];
  readonly patterns: Pattern[];
  readonly options: Required<SubscribeOptions>;
  private calls = 0;
  /** Calls that have neither ended nor timed out. */
  running = 0;
  /** The snapshot of the last call that ended, failed or timed out. */
  reached: ConfigSnapshot;

  constructor(
    private readonly harness: Harness,
    readonly plan: Plan,
    private readonly all: readonly Witness[],
  ) {
    this.patterns = compilePatterns(plan.patterns);
    this.options = resolveSubscribeOptions(plan.options);
    this.reached = harness.current;
  }

  readonly handle = (event: ConfigChangeEvent): unknown => {
    this.check(event);
    this.events.push(event);
    this.running += 1;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      this.running -= 1;
      this.reached = event.current;
    };
    event.signal.addEventListener('abort', end);
    const behaviour = this.plan.behaviours[this.calls++ % this.plan.behaviours.length]!;
    if (behaviour.kind === 'hang') return new Promise(() => {});
    if (behaviour.kind === 'async' || behaviour.kind === 'reject') {
      return new Promise<void>((resolve, reject) => {
        setTimeout(() => {
          end();
          if (behaviour.kind === 'async') resolve();
          else reject(new Error('no'));
        }, behaviour.ms);
      });
    }
    end();
    if (behaviour.kind === 'sync-throw') throw new Error('no');
    return undefined;
  };

  /** Returns whether its values differ between two snapshots. */
  differs(a: ConfigSnapshot, b: ConfigSnapshot): boolean {
    return selectChanges(this.patterns, diff(a.value, b.value)).length > 0;
  }

  /**
   * Returns whether it has not reached `snapshot`. If its values returned to what it had seen, it skips the versions
   * between without a call.
   */
  private isBehind(snapshot: ConfigSnapshot): boolean {
    const since = this.harness.history.slice(snapshot.version - 1);
    return this.reached.version < snapshot.version && since.every((one) => this.differs(this.reached, one));
  }

  private check(event: ConfigChangeEvent): void {
    const { changes, previous, current } = event;
    this.demand(this.running === 0, 'one call at a time');
    this.demand(this.harness.pin.getStore() === current, 'pinned to the snapshot of the event');
    this.demand(previous.version < current.version, 'previous is older than current');
    const expected = selectChanges(this.patterns, diff(previous.value, current.value));
    this.demand(changes.length > 0 && isDeepStrictEqual(changes, expected), 'receives exactly its changes');
    const last = this.events.at(-1)?.current.version ?? 1;
    const isRetry = current.version === last && this.options.retries > 0;
    this.demand(current.version > last || isRetry, 'versions rise');
    for (const other of this.all) {
      const ahead = other.options.priority > this.options.priority && other.options.debounce === 0;
      this.demand(!(ahead && other.isBehind(current)), 'higher priorities have reached it');
    }
  }

  private demand(holds: boolean, promise: string): void {
    if (!holds) this.broken.push(promise);
  }
}

/** Runs a schedule until it has settled, and returns its witnesses. */
async function play(plans: readonly Plan[], script: readonly Action[]): Promise<Witness[]> {
  const harness = new Harness({ a: 0, b: 0, c: 0 }, true);
  const witnesses: Witness[] = [];
  for (const one of plans) {
    const witness = new Witness(harness, one, witnesses);
    witnesses.push(witness);
    harness.dispatcher.subscribe(one.patterns, witness.handle, one.options);
  }
  const first = harness.current;
  for (const step of script) {
    if ('commit' in step) harness.commit(step.commit);
    else await vi.advanceTimersByTimeAsync(step.wait);
  }
  const settled = harness.dispatcher.settled();
  await vi.runAllTimersAsync();
  await settled;
  for (const witness of witnesses) {
    const last = witness.events.at(-1)?.current ?? first;
    if (witness.differs(last, harness.current)) witness.broken.push('ends with the final state');
  }
  return witnesses;
}

describe('dispatch, with any schedule', () => {
  it('brings every handler to the final state, with rising versions, in order of priority', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan(fc.oneof({ arbitrary: good, weight: 3 }, bad)), { minLength: 1, maxLength: 5 }),
        actions,
        async (plans, script) => {
          for (const { broken } of await play(plans, script)) expect(broken).toEqual([]);
        },
      ),
      runs(400),
    );
  });

  it('leaves no gap between the events of a handler that does not fail', async () => {
    const neverTimesOut = plan(good).map((one) => ({ ...one, options: { ...one.options, timeout: 1_000 } }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(neverTimesOut, { minLength: 1, maxLength: 5 }),
        actions,
        async (plans, script) => {
          for (const witness of await play(plans, script)) {
            expect(witness.broken).toEqual([]);
            witness.events.slice(1).forEach((event, index) => {
              expect(witness.differs(witness.events[index]!.current, event.previous)).toBe(false);
            });
          }
        },
      ),
      runs(300),
    );
  });

  it('notifies an idle handler of each commit, once', async () => {
    const quick = plan(good).map((one) => ({ ...one, options: { timeout: 1_000 } }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(quick, { minLength: 1, maxLength: 5 }),
        fc.array(fc.record({ commit: fc.record({ a: value, b: value, c: value }) }), { maxLength: 10 }),
        async (plans, commits) => {
          const script = commits.flatMap((commit) => [commit, { wait: 100 }]);
          const contents = [{ a: 0, b: 0, c: 0 }, ...commits.map(({ commit }) => commit)];
          for (const witness of await play(plans, script)) {
            expect(witness.broken).toEqual([]);
            const concerned = contents.filter(
              (content, index) =>
                index > 0 && selectChanges(witness.patterns, diff(contents[index - 1], content)).length > 0,
            );
            expect(witness.events.map(({ current }) => current.value)).toEqual(concerned);
          }
        },
      ),
      runs(200),
    );
  });
});
