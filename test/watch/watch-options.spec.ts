import { describe, expect, it } from 'vitest';
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

  it('are what was given', () => {
    const options = { debounce: 50, maxWait: 1, usePolling: true, pollInterval: 2, safetyPoll: 0 };
    expect(resolveWatchOptions(options, {})).toEqual({ ...options, debounceIsExplicit: true });
  });

  it.each([
    [{ CHOKIDAR_USEPOLLING: '1' }, false, true],
    [{ CHOKIDAR_USEPOLLING: 'true' }, undefined, true],
    [{ CHOKIDAR_USEPOLLING: 'FALSE' }, true, false],
    [{ CHOKIDAR_USEPOLLING: '0' }, true, false],
    [{ CHOKIDAR_USEPOLLING: '' }, true, true],
  ])('give way to the environment: %j', (environment, asked, expected) => {
    const options = asked === undefined ? {} : { usePolling: asked };
    expect(resolveWatchOptions(options, environment).usePolling).toBe(expected);
  });

  it.each([
    [{ debounce: -1 }, 'debounce must be a time in ms from 0 to 2147483647, not -1'],
    [{ maxWait: Number.NaN }, 'maxWait must be a time in ms from 0 to 2147483647, not NaN'],
    [{ safetyPoll: Infinity }, 'safetyPoll must be a time in ms from 0 to 2147483647, not Infinity'],
  ])('are refused where a time is none: %j', (options, message) => {
    expect(() => resolveWatchOptions(options, {})).toThrow(new RangeError(message));
  });
});
