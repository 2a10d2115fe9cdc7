import type { Change } from '../changes/change.interface.js';
import { isBranch } from './branches.js';
import { sameLeaf } from './equality.js';
import { formatPath } from './paths.js';

/**
 * Every path whose value differs between two trees, in the order of their keys. Subtrees that both trees share are
 * skipped by reference, so the cost follows what changed.
 *
 * An object (or array) that appears or disappears is told leaf by leaf, so that a pattern below it sees its own value
 * come or go; where it is empty, it is a leaf itself.
 */
export function diff(previous: unknown, current: unknown): Change[] {
  const changes: Change[] = [];
  compare(previous, current, [], changes);
  return changes;
}

function compare(previous: unknown, current: unknown, keys: string[], changes: Change[]): void {
  if (Object.is(previous, current)) return;
  const previousBranches = isBranch(previous);
  const currentBranches = isBranch(current);
  if (previousBranches && currentBranches && Array.isArray(previous) === Array.isArray(current)) {
    compareMembers(previous, current, keys, changes);
    return;
  }
  if (!previousBranches && !currentBranches && sameLeaf(previous, current)) return;
  if (isLeafChange(previous, current)) {
    changes.push({
      path: formatPath(keys),
      segments: [...keys],
      kind: previous === undefined ? 'added' : current === undefined ? 'removed' : 'changed',
      previous,
      current,
    });
  }
  if (previousBranches) compareMembers(previous, undefined, keys, changes);
  if (currentBranches) compareMembers(undefined, current, keys, changes);
}

/** Whether the path itself is worth a change, besides those of its members. */
function isLeafChange(previous: unknown, current: unknown): boolean {
  if (previous === undefined) return !isBranch(current) || isEmpty(current);
  if (current === undefined) return !isBranch(previous) || isEmpty(previous);
  return true;
}

function isEmpty(branch: object): boolean {
  return Object.keys(branch).length === 0;
}

type Branch = Record<string, unknown> | readonly unknown[] | undefined;

function compareMembers(previous: Branch, current: Branch, keys: string[], changes: Change[]): void {
  for (const key of memberKeys(previous, current)) {
    keys.push(key);
    compare(memberOf(previous, key), memberOf(current, key), keys, changes);
    keys.pop();
  }
  // {} against { a: 1 } is told by `a`; [] against {} was told by the caller.
}

function memberKeys(previous: Branch, current: Branch): string[] {
  const before = previous === undefined ? [] : Object.keys(previous);
  if (current === undefined) return before;
  const removed = before.filter((key) => !Object.hasOwn(current, key));
  return removed.length === 0 ? Object.keys(current) : [...Object.keys(current), ...removed];
}

function memberOf(branch: Branch, key: string): unknown {
  if (branch === undefined || !Object.hasOwn(branch, key)) return undefined;
  return (branch as Record<string, unknown>)[key];
}
