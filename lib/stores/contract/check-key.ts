import { ConfigOptionsError } from '../../errors/config.errors.js';
import { ConfigStoreError } from './config-store.error.js';

/** Maximum length of a key, in bytes. */
const LONGEST_KEY = 512;

/** Maximum length of a value, in bytes. */
export const LONGEST_VALUE = 4 * 1024 * 1024;

/** What is checked. A key may not be empty. */
type KeyPart = 'key' | 'prefix' | 'after';

/**
 * Checks a key, or a part of one.
 *
 * @throws ConfigOptionsError if not every store could have it
 */
export function checkKey(key: string, what: KeyPart = 'key'): string {
  const problem = problemOf(key, what);
  if (problem === undefined) return key;
  const name = what === 'after' ? 'option "after" of a list' : `${what} of a store`;
  throw new ConfigOptionsError(`The ${name} ${problem}`);
}

function problemOf(key: unknown, what: KeyPart): string | undefined {
  if (typeof key !== 'string') return 'must be a string';
  if (key === '' && what === 'key') return 'must not be empty';
  if (Buffer.byteLength(key) > LONGEST_KEY) return `must not be longer than ${LONGEST_KEY} bytes`;
  if (/[\p{Cc}\p{Cs}]/u.test(key)) return 'must not have control characters';
  return undefined;
}

/**
 * Checks a value that is written to a store.
 *
 * @throws ConfigOptionsError if not every store could have it
 * @throws ConfigStoreError if it is too long
 */
export function checkValue(value: string, store: string): void {
  if (typeof value !== 'string' || /[\0\p{Cs}]/u.test(value))
    throw new ConfigOptionsError('The value for a store must be a text without NUL characters');
  if (Buffer.byteLength(value) > LONGEST_VALUE)
    throw new ConfigStoreError(`${store} takes no value that is longer than 4 MiB`, 'unusable');
}
