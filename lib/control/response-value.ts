import { isBranch } from '../util/branches.js';
import { tryParsePath } from '../model/paths.js';
import type { Redaction } from '../secrets/redact.js';
import { HIDDEN } from '../secrets/secret-names.js';

/** A value as it may leave the process: secrets hidden, and only what JSON knows. */
export function responseValue(scope: Redaction, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (scope.isSecret) return HIDDEN;
  if (typeof value === 'string') return scope.hide(value);
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((member, index) => responseValue(scope.below(String(index)), member));
  if (value instanceof Map) return shownMembers(scope, value);
  if (value instanceof Set) return responseValue(scope, [...value]);
  if (isBranch(value)) return shownMembers(scope, Object.entries(value));
  const text = 'toJSON' in value ? (JSON.stringify(value) ?? '') : String(value as URL);
  return scope.hide(text).replace(/^"(.*)"$/, '$1');
}

/** The keys of a path that a person gave; a key that holds dots is one. */
export function keysOf(path: string): readonly string[] {
  return tryParsePath(path) ?? [path];
}

function shownMembers(scope: Redaction, entries: Iterable<[unknown, unknown]>): object {
  const shown: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, member] of entries) shown[String(key)] = responseValue(scope.below(String(key)), member);
  return shown;
}
