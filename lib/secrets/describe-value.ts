import { redactCredentials } from './credentials.js';
import { isSecretPath, REDACTED } from './secret-names.js';

/** Describes a value in a message: short, on one line, and redacted if it is secret. */
export function describeValue(
  keys: readonly string[],
  value: unknown,
  isSecret: (keys: readonly string[]) => boolean = isSecretPath,
): string {
  if (value === undefined) return 'missing';
  if (isSecret(keys)) return REDACTED;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'string' ? redactCredentials(JSON.stringify(value)) : String(value as number);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
