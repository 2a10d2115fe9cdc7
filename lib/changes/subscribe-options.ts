import { invalidOption, anyValue, string } from '../options/checks.js';
import { LONGEST_DELAY } from '../options/duration.js';
import { strictObject } from '../options/strict-object.js';

/**
 * How a handler is notified.
 *
 * @publicApi
 */
export interface SubscribeOptions {
  /**
   * Handlers of higher priority are called first, and those of lower priority see a version only when the higher ones
   * are through with it. Handlers of one priority run concurrently.
   *
   * @default 0
   */
  readonly priority?: number;
  /**
   * Milliseconds one call may take. Then `event.signal` is aborted, the call is reported, and nobody waits for it any
   * longer: the next change is delivered even where the old call never returns.
   *
   * @default 30_000
   */
  readonly timeout?: number;
  /**
   * How often a call that failed or timed out is made again. Newer content replaces the attempt and has all its
   * attempts before it.
   *
   * @default 0
   */
  readonly retries?: number;
  /**
   * Milliseconds before the first retry; twice as long before each further one, up to 30 seconds.
   *
   * @default 100
   */
  readonly retryDelay?: number;
  /**
   * Milliseconds without a matching change before the handler is called: several commits become one event. 0 calls it
   * for each.
   *
   * @default 0
   */
  readonly debounce?: number;
  /**
   * After this many matching commits the handler is called though `debounce` is not over.
   *
   * @default Infinity
   */
  readonly maxBatch?: number;
}

/** Their values are looked at with their defaults. */
const checkNames = strictObject<SubscribeOptions & { label: string }>({
  priority: anyValue,
  timeout: anyValue,
  retries: anyValue,
  retryDelay: anyValue,
  debounce: anyValue,
  maxBatch: anyValue,
  label: string,
});

/**
 * The options with their defaults.
 *
 * @throws ConfigOptionsError naming the option that makes no sense
 */
export function resolveSubscribeOptions(options: SubscribeOptions = {}): Required<SubscribeOptions> {
  checkNames(options, '', '');
  const resolved = {
    priority: options.priority ?? 0,
    timeout: options.timeout ?? 30_000,
    retries: options.retries ?? 0,
    retryDelay: options.retryDelay ?? 100,
    debounce: options.debounce ?? 0,
    maxBatch: options.maxBatch ?? Infinity,
  };
  check('priority', resolved.priority, Number.isFinite, 'a number');
  check(
    'timeout',
    resolved.timeout,
    (value) => isDelay(value) && value > 0,
    'a number of milliseconds above 0',
  );
  check(
    'retries',
    resolved.retries,
    (value) => Number.isSafeInteger(value) && value >= 0,
    'an integer of at least 0',
  );
  check('retryDelay', resolved.retryDelay, isDelay, 'a number of milliseconds (0 or more)');
  check('debounce', resolved.debounce, isDelay, 'a number of milliseconds (0 or more)');
  check(
    'maxBatch',
    resolved.maxBatch,
    (value) => isCount(value) || value === Infinity,
    'an integer of at least 1',
  );
  return resolved;
}

function isDelay(value: number): boolean {
  return value >= 0 && value <= LONGEST_DELAY;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function check(name: string, value: unknown, valid: (value: number) => boolean, wanted: string): void {
  if (typeof value === 'number' && valid(value)) return;
  throw invalidOption(name, wanted, value);
}
