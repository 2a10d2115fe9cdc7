import { isBranch } from '../util/branches.js';
import { toJsonValue } from '../util/json-value.js';
import type { SecretScope } from './secret-precedence.js';
import { REDACTED } from './secret-names.js';

/**
 * Returns `value` with `[hidden]` in place of every secret. The one walker that redacts: whatever shows a value calls
 * it. Parts without secrets are returned as they are, not copied.
 */
export function redact(value: unknown, scope: SecretScope): unknown {
  if (value === undefined) return undefined;
  if (scope.isSecret) return REDACTED;
  if (typeof value === 'string') return scope.redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return redactMap(value, scope);
  if (value instanceof Set) return redactSet(value, scope);
  if (!isBranch(value)) return redactOpaque(value, scope);
  let isSame = true;
  const members = Object.entries(value).map(([key, member]): [string, unknown] => {
    const shown = redact(member, scope.below(key));
    isSame &&= Object.is(shown, member);
    return [key, shown];
  });
  if (isSame) return value;
  return Array.isArray(value) ? members.map(([, member]) => member) : Object.fromEntries(members);
}

/** An object that shows itself as a string or by `toJSON`: redacted JSON of it, if that contains a secret. */
function redactOpaque(value: object, scope: SecretScope): unknown {
  try {
    const json = toJsonValue(value);
    const shown = redact(json, scope);
    if (typeof shown === 'object') {
      // The class chose the keys and numbers: they may repeat a secret too.
      const text = JSON.stringify(shown);
      const redacted = scope.redactText(text);
      if (redacted !== text) return redacted;
    }
    return shown === json ? value : shown;
  } catch {
    return REDACTED; // its `toJSON` threw: nothing is known of its content
  }
}

function redactMap(map: ReadonlyMap<unknown, unknown>, scope: SecretScope): ReadonlyMap<unknown, unknown> {
  const members = [...map].map(([key, member]) => [key, redact(member, scope.below(String(key)))] as const);
  return members.every(([key, shown]) => Object.is(shown, map.get(key))) ? map : new Map(members);
}

function redactSet(set: ReadonlySet<unknown>, scope: SecretScope): ReadonlySet<unknown> {
  const members = [...set];
  const shown = members.map((member, index) => redact(member, scope.below(String(index))));
  return shown.every((member, index) => Object.is(member, members[index])) ? set : new Set(shown);
}
