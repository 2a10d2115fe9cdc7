import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import { formatPath } from '../model/paths.js';
import { isBranch } from '../util/branches.js';

/** Conversions end in such a value without an error: `Number(process.env.PORT)`, `new Date('x')`. */
const ADVICE = 'check what it is converted from, or validate it by a schema';

/** Returns a warning for each number and date of a tree that is none: `NaN`, and an invalid `Date`. */
export function notNumberWarnings(source: string, tree: ConfigTree): ConfigIssue[] {
  return findIn(tree, [], new Set()).map(({ path, what }) => ({
    path: formatPath(path),
    message: `${formatPath(path)} is ${what}; ${ADVICE}`,
    origin: { source },
  }));
}

interface Found {
  readonly path: readonly string[];
  readonly what: string;
}

function findIn(value: unknown, path: readonly string[], seen: Set<object>): Found[] {
  if (Number.isNaN(value)) return [{ path, what: 'NaN (not a number)' }];
  if (value instanceof Date && Number.isNaN(value.getTime())) return [{ path, what: 'an invalid date' }];
  if (!isBranch(value) || seen.has(value)) return [];
  seen.add(value);
  return Object.entries(value).flatMap(([key, member]) => findIn(member, [...path, key], seen));
}
