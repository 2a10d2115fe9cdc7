import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CircuitBreakerOptions, ConfigSource, ReloadResult } from 'nestjs-hot-config';
import { CircuitBreaker } from '../../lib/auto-reload/circuit-breaker.js';
import { RateLimit } from '../../lib/auto-reload/rate-limit.js';
import { ReloadTriggers } from '../../lib/auto-reload/reload-triggers.js';
import { MemorySource } from '../support/memory.source.js';

/** Creates triggers whose reloads end at once, with the outcomes that the test adds. */
function triggersOf(breaker?: CircuitBreakerOptions, rateLimit = new RateLimit()) {
  const outcomes: ReloadResult['outcome'][] = [];
  const reloads: (readonly string[])[] = [];
  const log: string[] = [];
  const reload = (sources: readonly ConfigSource[]) => {
    reloads.push(sources.map(({ name }) => name));
    const outcome = outcomes.shift();
    if (outcome === 'rejected') triggers.rejected(sources, 'n is too large');
    else if (outcome !== undefined) triggers.succeeded();
    if (outcome === 'applied') rateLimit.count();
  };
  const write = (message: string) => void log.push(message);
  const triggers = new ReloadTriggers(breaker, rateLimit, reload, { log: write, warn: write });
  /** Reports a change of each source in a turn of its own. */
  const request = async (...sources: ConfigSource[]) => {
    for (const source of sources) {
      triggers.request(source);
      await Promise.resolve();
    }
  };
  return { triggers, outcomes, reloads, request, log };
}

const [a, b] = [new MemorySource({}, 'a'), new MemorySource({}, 'b')];

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 12) }));
afterEach(() => void vi.useRealTimers());

describe('The circuit breaker', () => {
  it('opens after a number of rejections in a row; each further one doubles the pause, up to a limit', () => {
    const breaker = new CircuitBreaker({ failures: 3, delay: 100, maxDelay: 350 });
    const waits = [1, 2, 3, 4, 5, 6, 7].map(() => {
      breaker.failed();
      return [breaker.state, breaker.waitMs];
    });
    expect(waits).toEqual([
      ['closed', 0],
      ['closed', 0],
      ['open', 100],
      ['open', 200],
      ['open', 350],
      ['open', 350],
      ['open', 350],
    ]);
    vi.advanceTimersByTime(300);
    expect(breaker.waitMs).toBe(50);
    vi.advanceTimersByTime(100);
    expect(breaker).toMatchObject({ state: 'open', waitMs: 0 });
  });

  it('closes at the first success, and counts from zero again', () => {
    const breaker = new CircuitBreaker({ failures: 2, delay: 100 });
    breaker.failed();
    breaker.succeeded();
    breaker.failed();
    expect(breaker.state).toBe('closed');
    breaker.failed();
    expect(breaker.state).toBe('open');
    breaker.succeeded();
    expect(breaker).toMatchObject({ state: 'closed', waitMs: 0 });
  });

  it('opens by default after ten rejections, with a pause of one second', () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 9; i += 1) breaker.failed();
    expect(breaker.state).toBe('closed');
    breaker.failed();
    expect(breaker).toMatchObject({ state: 'open', waitMs: 1_000 });
    for (let i = 0; i < 2_000; i += 1) breaker.failed();
    expect(breaker.waitMs).toBe(30_000);
  });

  it('never opens with an infinite number of failures, and never waits with a delay of 0', () => {
    const never = new CircuitBreaker({ failures: Infinity });
    const nothing = new CircuitBreaker({ failures: 1, delay: 0 });
    for (let i = 0; i < 2_000; i += 1) {
      never.failed();
      nothing.failed();
    }
    expect(never.state).toBe('closed');
    expect(nothing).toMatchObject({ state: 'open', waitMs: 0 });
  });

  it('rejects invalid options, and names them', () => {
    expect(() => new CircuitBreaker({ failures: 0 })).toThrow(
      '"circuitBreaker.failures" must be an integer of at least 1',
    );
    expect(() => new CircuitBreaker({ failures: 1.5 })).toThrow('but is 1.5');
    expect(() => new CircuitBreaker({ delay: -1 })).toThrow(
      '"circuitBreaker.delay" must be a number of milliseconds (0 or more)',
    );
    expect(() => new CircuitBreaker({ maxDelay: Infinity })).toThrow('"circuitBreaker.maxDelay"');
    expect(() => new CircuitBreaker({ delay: '1s' as never })).toThrow('but is "1s"');
  });
});

describe('The rate limit', () => {
  it('allows max versions per time, and returns the time until the next one', () => {
    const limit = new RateLimit({ max: 2, per: 1_000 });
    limit.count();
    vi.advanceTimersByTime(300);
    expect(limit.waitMs).toBe(0);
    limit.count();
    expect(limit.waitMs).toBe(700);
    vi.advanceTimersByTime(700);
    expect(limit.waitMs).toBe(0);
    limit.count();
    expect(limit.waitMs).toBe(300);
  });

  it('counts per minute by default, and has no limit without options', () => {
    const limit = new RateLimit({ max: 1 });
    limit.count();
    expect(limit.waitMs).toBe(60_000);
    const none = new RateLimit();
    for (let i = 0; i < 1_000; i += 1) none.count();
    expect(none.waitMs).toBe(0);
  });

  it('rejects invalid options, and names them', () => {
    expect(() => new RateLimit({ max: 0 })).toThrow(
      '"rateLimit.max" must be an integer of at least 1, but is 0',
    );
    expect(() => new RateLimit({ max: 1, per: Number.NaN })).toThrow(
      '"rateLimit.per" must be a number of milliseconds (0 or more)',
    );
  });
});

describe('A reload requested by watching', () => {
  it('starts in the same turn while the breaker is closed and the rate limit is not reached', async () => {
    const { request, reloads } = triggersOf();
    await request(a, a);
    expect(reloads).toEqual([['a'], ['a']]);
  });

  it('is one for all sources that change in one turn', async () => {
    const { triggers, reloads } = triggersOf();
    triggers.request(a);
    triggers.request(b);
    triggers.request(a);
    await Promise.resolve();
    expect(reloads).toEqual([['a', 'b']]);
  });

  it('waits while the breaker is open; all requests meanwhile become one reload', async () => {
    const { triggers, request, outcomes, reloads, log } = triggersOf({ failures: 2, delay: 1_000 });
    outcomes.push('rejected', 'rejected', 'rejected');
    await request(a, a);
    for (let i = 0; i < 10; i += 1) await request(a);
    expect(reloads).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(999);
    expect(reloads).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(reloads).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
    expect(log).toEqual([
      'The circuit breaker of a has opened: 2 changes in a row that it reported were rejected, the last one because: ' +
        'n is too large. The next one is read at 2026-11-21T12:00:01Z; each further rejection doubles the delay, until ' +
        'a reload succeeds. Saves of files and manual reloads are not delayed.',
    ]);
    triggers.succeeded();
    triggers.succeeded();
    expect(log.slice(1)).toEqual([
      'The circuit breaker of a has closed: what it reports is read at once again.',
    ]);
  });

  it('describes each open breaker: its source, its start, the rejections, and when the next change is read', async () => {
    const { triggers, request, outcomes } = triggersOf({ failures: 2, delay: 1_000 });
    outcomes.push('rejected', 'rejected', 'applied');
    await request(a, a, b);
    expect(triggers.openBreakers).toEqual([]); // b was applied, and with it a
    outcomes.push('rejected', 'rejected');
    await request(a, a);
    const since = new Date();
    await vi.advanceTimersByTimeAsync(400);
    const until = new Date(+since + 1_000);
    expect(triggers.openBreakers).toEqual([{ source: 'a', since, rejections: 2, until }]);
  });

  it('is not delayed by the breaker of another source', async () => {
    const { triggers, request, outcomes, reloads } = triggersOf({ failures: 1, delay: 1_000 });
    outcomes.push('rejected');
    await request(a, a);
    expect(triggers.openBreakers).toMatchObject([{ source: 'a', rejections: 1 }]);
    await request(b);
    expect(reloads).toEqual([['a'], ['b']]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reloads).toEqual([['a'], ['b'], ['a']]);
  });

  it('does not wait, nor count, if files have changed; it takes the place of one that waits', async () => {
    const { triggers, request, outcomes, reloads } = triggersOf({ failures: 1, delay: 1_000 });
    triggers.requestNow(b);
    await Promise.resolve();
    triggers.rejected([b], 'n is too large');
    expect(triggers.openBreakers).toEqual([]);
    outcomes.push('rejected');
    await request(a, a);
    expect(triggers.openBreakers).toMatchObject([{ source: 'a', rejections: 1 }]);
    expect(vi.getTimerCount()).toBe(1);
    triggers.requestNow(a);
    await Promise.resolve();
    expect(reloads).toEqual([['b'], ['a'], ['a']]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits longer if the same content is rejected again meanwhile', async () => {
    const { triggers, request, outcomes, reloads } = triggersOf({ failures: 1, delay: 1_000 });
    outcomes.push('rejected');
    await request(a, a);
    await vi.advanceTimersByTimeAsync(500);
    triggers.rejected([a], 'n is too large');
    await vi.advanceTimersByTimeAsync(500);
    expect(reloads).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(reloads).toHaveLength(2);
  });

  it('starts as soon as another reload has closed the breaker', async () => {
    const { triggers, request, outcomes, reloads } = triggersOf({ failures: 1, delay: 60_000 });
    outcomes.push('rejected');
    await request(a, a);
    expect(reloads).toHaveLength(1);
    triggers.succeeded();
    await Promise.resolve();
    expect(reloads).toHaveLength(2);
    expect(triggers.openBreakers).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is delayed by the rate limit, but the last one is never dropped', async () => {
    const { request, outcomes, reloads, log } = triggersOf(undefined, new RateLimit({ max: 2, per: 1_000 }));
    outcomes.push('applied', 'applied', 'applied', 'applied');
    for (let i = 0; i < 100; i += 1) {
      await request(a, b);
      await vi.advanceTimersByTimeAsync(10);
    }
    // 100 changes over one second: two at once, and one more when the next second starts.
    expect(reloads).toEqual([['a'], ['b'], ['a', 'b']]);
    await request(b);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reloads.slice(3)).toEqual([['b']]);
    expect(log).toEqual(['rateLimit is reached: the next change is applied in 990 ms.']);
    await vi.advanceTimersByTimeAsync(5_000);
    outcomes.push('applied', 'applied');
    for (let i = 0; i < 3; i += 1) await request(a);
    expect(log).toHaveLength(2);
  });

  it('is delayed by the rate limit even if the breaker closes meanwhile', async () => {
    const rateLimit = new RateLimit({ max: 1, per: 5_000 });
    const { triggers, request, outcomes, reloads } = triggersOf({ failures: 1, delay: 100 }, rateLimit);
    outcomes.push('rejected');
    await request(a, a);
    rateLimit.count();
    triggers.succeeded();
    expect(triggers.openBreakers).toEqual([]);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(reloads).toEqual([['a']]);
    await vi.advanceTimersByTimeAsync(1);
    expect(reloads).toEqual([['a'], ['a']]);
  });

  it('is discarded if it is delayed when watching stops, and leaves no timer', async () => {
    const { triggers, request, outcomes, reloads } = triggersOf({ failures: 1, delay: 100 });
    outcomes.push('rejected');
    await request(a, a);
    expect(vi.getTimerCount()).toBe(1);
    triggers.stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reloads).toHaveLength(1);
  });

  it('is not lost if watching stops in the turn of the change', async () => {
    const { triggers, reloads } = triggersOf();
    triggers.request(a);
    triggers.stop();
    await Promise.resolve();
    expect(reloads).toEqual([['a']]);
  });

  it('is forgotten with its breaker when the source is removed', async () => {
    const { triggers, request, outcomes } = triggersOf({ failures: 1, delay: 100 });
    outcomes.push('rejected');
    await request(a, a);
    expect(triggers.openBreakers).toMatchObject([{ source: 'a', rejections: 1 }]);
    triggers.keep([b]);
    expect(triggers.openBreakers).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects invalid options of the breaker at once', () => {
    expect(() => triggersOf({ failures: 0 })).toThrow('"circuitBreaker.failures"');
  });
});
