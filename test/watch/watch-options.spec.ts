import { describe, expect, it } from 'vitest';
import { ConfigOptionsError } from '../../lib/errors/config.errors.js';
import { resolveWatchOptions } from '../../lib/watch/watch-options.js';

describe('The options of watching', () => {
  it('have their defaults', () => {
    expect(resolveWatchOptions({}, {})).toEqual({
      debounce: 50,
      debounceIsExplicit: false,
      maxWait: 5_000,
      usePolling: false,
      pollInterval: 500,
      safetyPoll: 30_000,
    });
  });

  it('keep the values that are set', () => {
    const options = { debounce: 50, maxWait: 1, usePolling: true, pollInterval: 2, safetyPoll: 0 };
    expect(resolveWatchOptions(options, {})).toEqual({ ...options, debounceIsExplicit: true });
  });

  it.each([
    [{ CHOKIDAR_USEPOLLING: '1' }, false, true],
    [{ CHOKIDAR_USEPOLLING: 'true' }, undefined, true],
    [{ CHOKIDAR_USEPOLLING: 'FALSE' }, true, false],
    [{ CHOKIDAR_USEPOLLING: '0' }, true, false],
    [{ CHOKIDAR_USEPOLLING: '' }, true, true],
  ])('are overridden by the environment: %j', (environment, usePolling, expected) => {
    const options = usePolling === undefined ? {} : { usePolling };
    expect(resolveWatchOptions(options, environment).usePolling).toBe(expected);
  });

  it.each([
    [{ debounce: -1 }, 'The option "debounce" must be a number of milliseconds (0 or more), but is -1'],
    [
      { maxWait: Number.NaN },
      'The option "maxWait" must be a number of milliseconds (0 or more), but is NaN',
    ],
    [
      { safetyPoll: Infinity },
      'The option "safetyPoll" must be a number of milliseconds (0 or more), but is Infinity',
    ],
  ])('are refused if a time is not a number of milliseconds: %j', (options, message) => {
    expect(() => resolveWatchOptions(options, {})).toThrow(new ConfigOptionsError(message));
  });
});
