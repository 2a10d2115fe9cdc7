import { describe, expect, it } from 'vitest';
import { resolveSubscribeOptions, type SubscribeOptions } from '../../lib/changes/subscribe-options.js';
import { ConfigOptionsError } from '../../lib/errors/config.errors.js';

describe('the options of a subscription', () => {
  it('have defaults', () => {
    expect(resolveSubscribeOptions()).toEqual({
      priority: 0,
      timeout: 30_000,
      retries: 0,
      retryDelay: 100,
      debounce: 0,
      maxBatch: Infinity,
    });
  });

  it('keep the values that are passed', () => {
    const options = { priority: -1.5, timeout: 1, retries: 2, retryDelay: 0, debounce: 3, maxBatch: 4 };
    expect(resolveSubscribeOptions(options)).toEqual(options);
  });

  it.each<[keyof SubscribeOptions, unknown, string]>([
    ['priority', NaN, 'The option "priority" must be a number, but is NaN'],
    ['priority', 'high', 'The option "priority" must be a number, but is "high"'],
    ['timeout', 0, 'The option "timeout" must be a number of milliseconds above 0, but is 0'],
    // setTimeout would fire at once.
    ['timeout', 2 ** 31, 'The option "timeout" must be a number of milliseconds above 0, but is 2147483648'],
    ['timeout', Infinity, 'The option "timeout" must be a number of milliseconds above 0, but is Infinity'],
    ['retries', -1, 'The option "retries" must be an integer of at least 0, but is -1'],
    ['retries', 1.5, 'The option "retries" must be an integer of at least 0, but is 1.5'],
    ['retryDelay', -1, 'The option "retryDelay" must be a number of milliseconds (0 or more), but is -1'],
    ['debounce', NaN, 'The option "debounce" must be a number of milliseconds (0 or more), but is NaN'],
    ['maxBatch', 0, 'The option "maxBatch" must be an integer of at least 1, but is 0'],
    ['maxBatch', 2.5, 'The option "maxBatch" must be an integer of at least 1, but is 2.5'],
  ])('refuse %s: %s', (name, value, message) => {
    const resolve = (): unknown => resolveSubscribeOptions({ [name]: value });
    expect(resolve).toThrow(ConfigOptionsError);
    expect(resolve).toThrow(message);
  });
});
