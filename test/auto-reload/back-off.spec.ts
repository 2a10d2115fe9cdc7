import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../../lib/auto-reload/circuit-breaker.js';
import { RateLimit } from '../../lib/auto-reload/rate-limit.js';
import type { ReloadResult } from '../../lib/model/reload-result.interface.js';
import { WatchTrigger } from '../../lib/auto-reload/watch-trigger.js';

const ended = (outcome: ReloadResult['outcome']) => ({ outcome }) as ReloadResult;

/** A trigger whose reloads end as the test says, at once. */
function trigger(breaker = new CircuitBreaker(), rateLimit = new RateLimit()) {
  const outcomes: ReloadResult['outcome'][] = [];
  let reloads = 0;
  const watch = new WatchTrigger(breaker, rateLimit, () => {
    reloads += 1;
    const outcome = outcomes.shift();
    if (outcome !== undefined) watch.observe(ended(outcome));
  });
  return { watch, outcomes, reloads: () => reloads };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('The circuit breaker', () => {
  it('opens after so many rejections in a row, and pauses twice as long after each further one, up to a limit', () => {
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

  it('closes with the first success, and starts counting anew', () => {
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

  it('opens after ten rejections and begins with a second, where nothing is said', () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 9; i += 1) breaker.failed();
    expect(breaker.state).toBe('closed');
    breaker.failed();
    expect(breaker).toMatchObject({ state: 'open', waitMs: 1_000 });
    for (let i = 0; i < 2_000; i += 1) breaker.failed();
    expect(breaker.waitMs).toBe(30_000);
  });

  it('never opens where it is not wanted, and never waits where the pause is nothing', () => {
    const never = new CircuitBreaker({ failures: Infinity });
    const nothing = new CircuitBreaker({ failures: 1, delay: 0 });
    for (let i = 0; i < 2_000; i += 1) {
      never.failed();
      nothing.failed();
    }
    expect(never.state).toBe('closed');
    expect(nothing).toMatchObject({ state: 'open', waitMs: 0 });
  });

  it('refuses options that make no sense, by their names', () => {
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
  it('lets so many versions through in a time, and says when the next may come', () => {
    const limit = new RateLimit({ max: 2, per: 1_000 });
    limit.applied();
    vi.advanceTimersByTime(300);
    expect(limit.waitMs).toBe(0);
    limit.applied();
    expect(limit.waitMs).toBe(700);
    vi.advanceTimersByTime(700);
    expect(limit.waitMs).toBe(0);
    limit.applied();
    expect(limit.waitMs).toBe(300);
  });

  it('counts by the minute where no time is given, and not at all where nothing is', () => {
    const limit = new RateLimit({ max: 1 });
    limit.applied();
    expect(limit.waitMs).toBe(60_000);
    const none = new RateLimit();
    for (let i = 0; i < 1_000; i += 1) none.applied();
    expect(none.waitMs).toBe(0);
  });

  it('refuses options that make no sense, by their names', () => {
    expect(() => new RateLimit({ max: 0 })).toThrow('"rateLimit.max" must be an integer of at least 1, but is 0');
    expect(() => new RateLimit({ max: 1, per: Number.NaN })).toThrow(
      '"rateLimit.per" must be a number of milliseconds (0 or more)',
    );
  });
});

describe('A watched change', () => {
  it('reloads at once where nothing holds it back', () => {
    const { watch, reloads } = trigger();
    watch.changed();
    watch.changed();
    expect(reloads()).toBe(2);
  });

  it('waits while the breaker is open, and many that wait are one reload later', () => {
    const { watch, outcomes, reloads } = trigger(new CircuitBreaker({ failures: 2, delay: 1_000 }));
    outcomes.push('rejected', 'rejected');
    watch.changed();
    watch.changed();
    for (let i = 0; i < 10; i += 1) watch.changed();
    expect(reloads()).toBe(2);
    vi.advanceTimersByTime(999);
    expect(reloads()).toBe(2);
    vi.advanceTimersByTime(1);
    expect(reloads()).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes on waiting where a reload by hand is rejected meanwhile', () => {
    const { watch, outcomes, reloads } = trigger(new CircuitBreaker({ failures: 1, delay: 1_000 }));
    outcomes.push('rejected');
    watch.changed();
    watch.changed();
    vi.advanceTimersByTime(500);
    watch.observe(ended('rejected'));
    vi.advanceTimersByTime(500);
    expect(reloads()).toBe(1);
    vi.advanceTimersByTime(1_500);
    expect(reloads()).toBe(2);
  });

  it('waits no longer once a reload, whoever asked for it, has closed the breaker', () => {
    for (const outcome of ['applied', 'unchanged'] as const) {
      const { watch, outcomes, reloads } = trigger(new CircuitBreaker({ failures: 1, delay: 60_000 }));
      outcomes.push('rejected');
      watch.changed();
      watch.changed();
      expect(reloads()).toBe(1);
      watch.observe(ended(outcome));
      expect(reloads()).toBe(2);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it('is put off by the rate limit, and never dropped: the last one comes', () => {
    const { watch, outcomes, reloads } = trigger(undefined, new RateLimit({ max: 2, per: 1_000 }));
    outcomes.push('applied', 'applied', 'applied', 'applied');
    for (let i = 0; i < 100; i += 1) {
      watch.changed();
      vi.advanceTimersByTime(10);
    }
    // 100 changes over a second: two at once, and the two of the next second when that begins.
    expect(reloads()).toBeLessThanOrEqual(3);
    const before = reloads();
    watch.changed();
    vi.advanceTimersByTime(1_000);
    expect(reloads()).toBe(before + 1);
  });

  it('is put off by the limit also where that closes behind an open breaker', () => {
    const breaker = new CircuitBreaker({ failures: 1, delay: 100 });
    const { watch, reloads } = trigger(breaker, new RateLimit({ max: 1, per: 5_000 }));
    watch.observe(ended('rejected'));
    watch.changed();
    watch.observe(ended('applied'));
    expect(breaker.state).toBe('closed');
    expect(reloads()).toBe(0);
    vi.advanceTimersByTime(5_000);
    expect(reloads()).toBe(1);
  });

  it('is heard no more after the end, and leaves no timer', () => {
    const { watch, outcomes, reloads } = trigger(new CircuitBreaker({ failures: 1, delay: 100 }));
    outcomes.push('rejected');
    watch.changed();
    watch.changed();
    expect(vi.getTimerCount()).toBe(1);
    watch.close();
    expect(vi.getTimerCount()).toBe(0);
    watch.changed();
    vi.advanceTimersByTime(1_000);
    expect(reloads()).toBe(1);
  });
});
