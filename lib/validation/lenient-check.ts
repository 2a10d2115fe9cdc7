import type { ConfigTree, ConfigValue } from '../model/config-tree.js';
import { formatPath, valueAt } from '../model/paths.js';
import { replaceAt } from '../snapshot/replace-at.js';
import { readingsOf } from './read-string.js';
import type { PathIssue, Schema, SchemaResult } from './validator.interface.js';

/** Whether the value at a path comes from where there is nothing but strings, as in the environment. */
export type IsText = (path: readonly string[]) => boolean;

/** A string has at most three readings; and what is inside of one is seen when that is right. */
const MOST_ROUNDS = 6;

/**
 * Checks a tree some of whose strings stand for something else: where the schema refuses such a string, it is given what
 * the string says, and that is kept where it is more to its liking. What it takes as a string stays one.
 */
export async function checkLeniently(
  schema: Schema,
  tree: ConfigTree,
  isText: IsText,
): Promise<SchemaResult> {
  let taken = tree;
  let result = await schema.check(tree);
  const readings = new Map<string, unknown[]>();
  const nearer = new Map<string, Attempt>();
  for (let round = 0; round < MOST_ROUNDS && result.issues.length > 0; round += 1) {
    const attempts = attemptsAt(result.issues, taken, isText, readings);
    if (attempts.length === 0) break;
    const tried = await schema.check(attempts.reduce(replaced, taken));
    const right = attempts.filter((attempt) => issuesAt(attempt, tried).length === 0);
    for (const attempt of attempts) {
      if (isNearer(issuesAt(attempt, result), issuesAt(attempt, tried))) {
        nearer.set(attempt.name, nearer.get(attempt.name) ?? attempt);
      }
    }
    if (right.length === 0) continue;
    taken = right.reduce(replaced, taken);
    result = right.length === attempts.length ? tried : await schema.check(taken);
  }
  // Wrong all the same, and told as what it was meant to be.
  const meant = [...nearer.values()].filter((attempt) => issuesAt(attempt, result).length > 0);
  return meant.length === 0 ? result : schema.check(meant.reduce(replaced, taken));
}

/** One string, and something it may stand for. */
interface Attempt {
  readonly name: string;
  readonly path: readonly string[];
  readonly reading: unknown;
}

/** The next reading of each string that the schema has something against. */
function attemptsAt(
  issues: readonly PathIssue[],
  tree: ConfigTree,
  isText: IsText,
  readings: Map<string, unknown[]>,
): Attempt[] {
  const attempts: Attempt[] = [];
  const paths = new Map(issues.map(({ path }) => [formatPath(path), path]));
  for (const [name, path] of paths) {
    const value = valueAt(tree, path);
    if (typeof value !== 'string' || path.length === 0 || !isText(path)) continue;
    const left = readings.get(name) ?? readingsOf(value);
    readings.set(name, left.slice(1));
    if (left.length > 0) attempts.push({ name, path, reading: left[0] });
  }
  return attempts;
}

function replaced(tree: ConfigTree, { path, reading }: Attempt): ConfigTree {
  return replaceAt(tree, path, reading as ConfigValue) as ConfigTree;
}

function issuesAt({ name }: Attempt, { issues }: SchemaResult): PathIssue[] {
  return issues.filter(({ path }) => formatPath(path) === name);
}

/** A number that is too large is told as such, not as a string; a password of digits that is too short stays one. */
function isNearer(before: readonly PathIssue[], after: readonly PathIssue[]): boolean {
  if (after.length === 0) return false;
  return (
    after.length < before.length ||
    (after.length === before.length && before.some(({ message }) => wantsNoString(message)))
  );
}

function wantsNoString(message: string): boolean {
  return (
    /\b(?:number|numeric|integer|int|boolean|bool|bigint|array|list|tuple|object|record)\b/i.test(message) &&
    !/\b(?:expected|be) (?:a )?string\b/i.test(message)
  );
}
