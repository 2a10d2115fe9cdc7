import { isBranch, ownMember } from '../../util/branches.js';
import type { ConfigValue } from '../../model/config-tree.js';
import { nameOf } from '../../diff/alignment.js';

/** Keys that name an element of a list. */
const IDENTITY_KEYS = ['id', '_id', 'uuid', 'name'];

/**
 * What stands now where something is absent in a tree of before. Elements of lists are found by what names them, or
 * else only where the lists say the same: the key of one provider must never become that of another, because their
 * order was changed meanwhile.
 *
 * @param recorded The tree of before, with `null` where something is absent.
 */
export function liveValue(recorded: ConfigValue, live: unknown, path: readonly string[]): ConfigValue {
  let before: unknown = recorded;
  let now: unknown = live;
  for (const key of path) {
    if (!isBranch(before) || !isBranch(now) || Array.isArray(before) !== Array.isArray(now)) return undefined;
    const place = Array.isArray(before) ? placeNow(before, now as readonly unknown[], Number(key)) : key;
    before = memberOf(before, key);
    now = place === undefined ? undefined : memberOf(now, place);
  }
  return now as ConfigValue;
}

/** Where the element at `index` stands now. */
function placeNow(before: readonly unknown[], now: readonly unknown[], index: number): string | undefined {
  const element = before[index];
  const key = IDENTITY_KEYS.find((name) => isUnique(before, name) && isUnique(now, name));
  if (key === undefined) return saysSame(before, now) ? String(index) : undefined;
  const place = now.findIndex((candidate) => nameOf(candidate, key) === nameOf(element, key));
  return place === -1 ? undefined : String(place);
}

function isUnique(list: readonly unknown[], key: string): boolean {
  const names = list.map((element) => nameOf(element, key));
  return !names.includes(undefined) && new Set(names).size === names.length;
}

/** Whether two values say the same as far as the first says something. */
function saysSame(before: unknown, now: unknown): boolean {
  if (before === null) return true;
  if (!isBranch(before) || !isBranch(now)) return Object.is(before, now);
  const keys = Object.keys(before);
  return (
    keys.length === Object.keys(now).length &&
    keys.every((key) => Object.hasOwn(now, key) && saysSame(memberOf(before, key), memberOf(now, key)))
  );
}

function memberOf(value: unknown, key: string): unknown {
  return isBranch(value) ? ownMember(value, key) : undefined;
}
