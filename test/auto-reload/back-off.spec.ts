import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from '../../lib/auto-reload/circuit-breaker.js';
import { RateLimit } from '../../lib/auto-reload/rate-limit.js';
import type { ReloadResult } from '../../lib/model/reload-result.interface.js';
import { ReloadThrottle } from '../../lib/auto-reload/reload-throttle.js';

const ended = (outcome: ReloadResult['outcome']) => ({ outcome }) as ReloadResult;

/** Makes a throttle whose reloads end at once, with the outcomes that the test adds. */
function throttled(breaker = new CircuitBreaker(), rateLimit = new RateLimit()) {
  const outcomes: ReloadResult['outcome'][] = [];
  let reloads = 0;
  const throttle = new ReloadThrottle(breaker, rateLimit, () => {
    reloads += 1;
    const outcome = outcomes.shift();
    if (outcome !== undefined) throttle.observe(ended(outcome));
  });
  return { throttle, outcomes, reloads: () => reloads };
}

beforeEach(() => void vi.useFakeTimers());
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

  it('counts per minute by default, and has no limit without options', () => {
    const limit = new RateLimit({ max: 1 });
    limit.applied();
    expect(limit.waitMs).toBe(60_000);
    const none = new RateLimit();
    for (let i = 0; i < 1_000; i += 1) none.applied();
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
  it('starts at once while the breaker is closed and the rate limit is not reached', () => {
    const { throttle, reloads } = throttled();
    throttle.request();
    throttle.request();
    expect(reloads()).toBe(2);
  });

  it('waits while the breaker is open; all requests meanwhile become one reload', () => {
    const { throttle, outcomes, reloads } = throttled(new CircuitBreaker({ failures: 2, delay: 1_000 }));
    outcomes.push('rejected', 'rejected');
    throttle.request();
    throttle.request();
    for (let i = 0; i < 10; i += 1) throttle.request();
    expect(reloads()).toBe(2);
    vi.advanceTimersByTime(999);
    expect(reloads()).toBe(2);
    vi.advanceTimersByTime(1);
    expect(reloads()).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits longer if a manual reload is rejected meanwhile', () => {
    const { throttle, outcomes, reloads } = throttled(new CircuitBreaker({ failures: 1, delay: 1_000 }));
    outcomes.push('rejected');
    throttle.request();
    throttle.request();
    vi.advanceTimersByTime(500);
    throttle.observe(ended('rejected'));
    vi.advanceTimersByTime(500);
    expect(reloads()).toBe(1);
    vi.advanceTimersByTime(1_500);
    expect(reloads()).toBe(2);
  });

  it('starts as soon as another reload has closed the breaker', () => {
    for (const outcome of ['applied', 'unchanged'] as const) {
      const { throttle, outcomes, reloads } = throttled(new CircuitBreaker({ failures: 1, delay: 60_000 }));
      outcomes.push('rejected');
      throttle.request();
      throttle.request();
      expect(reloads()).toBe(1);
      throttle.observe(ended(outcome));
      expect(reloads()).toBe(2);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it('is delayed by the rate limit, but the last one is never dropped', () => {
    const { throttle, outcomes, reloads } = throttled(undefined, new RateLimit({ max: 2, per: 1_000 }));
    outcomes.push('applied', 'applied', 'applied', 'applied');
    for (let i = 0; i < 100; i += 1) {
      throttle.request();
      vi.advanceTimersByTime(10);
    }
    // 100 changes over one second: two at once, and two more when the next second starts.
    expect(reloads()).toBeLessThanOrEqual(3);
    const before = reloads();
    throttle.request();
    vi.advanceTimersByTime(1_000);
    expect(reloads()).toBe(before + 1);
  });

  it('is delayed by the rate limit even if the breaker closes meanwhile', () => {
    const breaker = new CircuitBreaker({ failures: 1, delay: 100 });
    const { throttle, reloads } = throttled(breaker, new RateLimit({ max: 1, per: 5_000 }));
    throttle.observe(ended('rejected'));
    throttle.request();
    throttle.observe(ended('applied'));
    expect(breaker.state).toBe('closed');
    expect(reloads()).toBe(0);
    vi.advanceTimersByTime(5_000);
    expect(reloads()).toBe(1);
  });

  it('is ignored after the close, and leaves no timer', () => {
    const { throttle, outcomes, reloads } = throttled(new CircuitBreaker({ failures: 1, delay: 100 }));
    outcomes.push('rejected');
    throttle.request();
    throttle.request();
    expect(vi.getTimerCount()).toBe(1);
    throttle.close();
    expect(vi.getTimerCount()).toBe(0);
    throttle.request();
    vi.advanceTimersByTime(1_000);
    expect(reloads()).toBe(1);
  });
});
