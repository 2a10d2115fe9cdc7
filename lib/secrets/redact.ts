import { isBranch } from '../util/branches.js';
import type { SecretScope } from './secret-scope.js';
import { REDACTED } from './secret-names.js';

/**
 * Returns `value` with `[hidden]` in place of every secret. The one walker that redacts: whatever shows a value calls
 * it. Parts without secrets are returned as they are, not copied.
 */
export function redact(value: unknown, scope: SecretScope): unknown {
  if (value === undefined) return undefined;
  if (scope.isSecret) return REDACTED;
  if (typeof value === 'string') return scope.redactText(value);
  if (value instanceof URL) return redactUrl(value, scope);
  if (value instanceof Map) return redactMap(value, scope);
  if (value instanceof Set) return redactSet(value, scope);
  if (!isBranch(value)) return value;
  let isSame = true;
  const members = Object.entries(value).map(([key, member]): [string, unknown] => {
    const shown = redact(member, scope.below(key));
    isSame &&= Object.is(shown, member);
    return [key, shown];
  });
  if (isSame) return value;
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

function redactUrl(url: URL, scope: SecretScope): unknown {
  const shown = scope.redactText(url.href);
  return shown === url.href ? url : shown;
}

function redactMap(map: ReadonlyMap<unknown, unknown>, scope: SecretScope): ReadonlyMap<unknown, unknown> {
  const members = [...map].map(([key, member]) => [key, redact(member, scope.below(String(key)))] as const);
  return members.every(([key, shown]) => Object.is(shown, map.get(key))) ? map : new Map(members);
}

function redactSet(set: ReadonlySet<unknown>, scope: SecretScope): ReadonlySet<unknown> {
  const members = [...set].map((member, index) => redact(member, scope.below(String(index))));
  return members.every((shown) => set.has(shown)) ? set : new Set(members);
}
