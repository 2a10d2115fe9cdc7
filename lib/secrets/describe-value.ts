import { redactCredentials } from './credentials.js';
import { isSecretPath, REDACTED } from './secret-names.js';

/**
 * Longest value that a message quotes. A longer one is not quoted at all: a part of a secret that was pasted to the wrong
 * place would not be found by the code that hides secrets in messages.
 */
const MAX_QUOTED = 60;

/**
 * Describes a value in a message: short, on one line, and redacted if it is secret. A string with credentials is hidden as a
 * whole: it may be a secret, and is not found without its credentials.
 */
export function describeValue(
  keys: readonly string[],
  value: unknown,
  isSecret: (keys: readonly string[]) => boolean = isSecretPath,
): string {
  if (value === undefined) return 'missing';
  if (isSecret(keys)) return REDACTED;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  const text = String(value as string | number | bigint | boolean | symbol);
  if (text.length > MAX_QUOTED) return `a ${typeof value} of ${text.length} characters`;
  const quoted = typeof value === 'string' ? JSON.stringify(text) : text;
  return redactCredentials(quoted) === quoted ? quoted : REDACTED;
}
