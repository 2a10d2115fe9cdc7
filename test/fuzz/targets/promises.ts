import assert from 'node:assert/strict';
import { isPlainObject } from '../../../lib/util/branches.js';

/** Matches what forges lines of a log, or hides or turns text. */
const NOT_PRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Checks that a message is one line that a log may have. */
export function checkMessage(message: string): void {
  assert.notEqual(message.trim(), '', 'a message is empty');
  assert.doesNotMatch(message, NOT_PRINTABLE, 'a message is not printable');
}

/** Checks that no code has changed what all objects inherit. Removes it: the next input must not meet it. */
export function checkPrototypes(): void {
  for (const shared of [Object.prototype, Array.prototype]) {
    const added = Object.keys(shared);
    for (const name of added) Reflect.deleteProperty(shared, name);
    assert.deepEqual(added, [], 'a prototype was changed');
  }
}

/** Lists each path of plain data with its value, at most a few hundred. */
export function pathsOf(root: unknown): [path: string[], value: unknown][] {
  const found: [string[], unknown][] = [];
  const visit = (value: unknown, path: string[]): void => {
    if (found.length >= 300) return;
    found.push([path, value]);
    // Bytes and dates are one value.
    if (!Array.isArray(value) && !isPlainObject(value)) return;
    for (const [key, member] of Object.entries(value)) visit(member, [...path, key]);
  };
  visit(root, []);
  return found;
}

/** Returns what a function returns; undefined if it throws. */
export function outcomeOf<T>(run: () => T): { readonly value: T } | undefined {
  try {
    return { value: run() };
  } catch {
    return undefined;
  }
}
