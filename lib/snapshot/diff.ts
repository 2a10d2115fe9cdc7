import type { Change } from '../model/change.interface.js';
import { getOwn, isBranch, isSameKind } from '../util/branches.js';
import { isSameLeaf } from './canonical-string.js';
import { joinPath } from '../model/paths.js';
import { ValueChange } from '../model/value-change.js';
import type { PathSet } from '../secrets/path-set.js';
import { protectSecrets } from '../secrets/secret-change.js';
import type { SecretScope } from '../secrets/secret-precedence.js';

/**
 * Returns every path whose value differs between two trees, in the order of their keys. Subtrees that both trees share
 * are skipped by reference, so the cost follows what changed.
 *
 * An object or array that appears or disappears is reported leaf by leaf, so that a pattern below it sees its own value
 * appear or disappear; it is reported itself if it has no leaves. A value that becomes another kind is reported itself
 * too: a scalar that becomes an object, an array that becomes an object, an instance of another class.
 *
 * @param secrets The scope of the trees; changes of secrets show no values. Without it, all values are shown.
 * @param given Paths that are reported if they have a value, even if it is the same.
 */
export function diff(previous: unknown, current: unknown, secrets?: SecretScope, given?: PathSet): Change[] {
  const comparison = new Comparison();
  comparison.compare(previous, current, '', secrets, given);
  return comparison.changes;
}

type Branch = Record<string, unknown> | readonly unknown[] | undefined;

class Comparison {
  readonly changes: Change[] = [];
  readonly #segments: string[] = [];

  compare(
    previous: unknown,
    current: unknown,
    path: string,
    scope: SecretScope | undefined,
    given: PathSet | undefined,
  ): void {
    if (given === undefined && Object.is(previous, current)) return;
    const before = isBranch(previous) ? previous : undefined;
    const after = isBranch(current) ? current : undefined;
    const isGiven = given?.selects === true && current !== undefined;
    if (before === undefined && after === undefined) {
      if (isGiven || !isSameLeaf(previous, current)) this.#report(previous, current, path, scope);
      return;
    }
    const reported = this.changes.length;
    if (becomesOtherKind(previous, current)) this.#report(previous, current, path, scope);
    this.#members(before, after, path, scope, given);
    if (this.changes.length === reported && (isGiven || lengthOf(before) !== lengthOf(after)))
      this.#report(previous, current, path, scope);
  }

  #members(before: Branch, after: Branch, path: string, around?: SecretScope, given?: PathSet): void {
    const member = (previous: unknown, current: unknown, key: string) => {
      const givenBelow = given?.below(key);
      if (givenBelow === undefined && Object.is(previous, current)) return;
      this.#segments.push(key);
      this.compare(previous, current, joinPath(path, key), around?.below(key), givenBelow);
      this.#segments.pop();
    };
    for (const key of keysOf(after))
      member(memberOf(before, key), (after as Record<string, unknown>)[key], key);
    for (const key of keysOf(before)) {
      const isRemoved = after === undefined || !Object.hasOwn(after, key);
      if (isRemoved) member(memberOf(before, key), undefined, key);
    }
  }

  #report(previous: unknown, current: unknown, path: string, scope: SecretScope | undefined): void {
    const kind = previous === undefined ? 'added' : current === undefined ? 'removed' : 'changed';
    const change = new ValueChange(path, [...this.#segments], kind, previous, current);
    this.changes.push(scope === undefined ? change : protectSecrets(change, scope));
  }
}

/** Checks for a change of kind, which the changes of the members alone do not show. */
function becomesOtherKind(previous: unknown, current: unknown): boolean {
  if (previous === undefined || current === undefined) return false;
  return !isBranch(previous) || !isBranch(current) || !isSameKind(previous, current);
}

function keysOf(branch: Branch): string[] {
  return branch === undefined ? [] : Object.keys(branch);
}

function memberOf(branch: Branch, key: string): unknown {
  return branch === undefined ? undefined : getOwn(branch, key);
}

/** Branches of one kind with equal members differ at most in this: holes and `undefined` at the end of an array. */
function lengthOf(branch: Branch): number {
  if (branch === undefined) return -1;
  return Array.isArray(branch) ? branch.length : 0;
}
