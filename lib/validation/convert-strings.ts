import { DEFAULT_CONTENT_LIMITS } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';
import type { ConfigTree } from '../model/config-tree.js';
import { formatPath, valueAt } from '../model/paths.js';
import type { PathIssue, Schema, SchemaResult } from './validator.interface.js';

/** Returns whether the value at a path comes from a source that has nothing but strings, such as the environment. */
export type IsFromStrings = (path: readonly string[]) => boolean;

/** A string has at most three conversions; more rounds convert the strings inside of parsed JSON. */
const MAX_ROUNDS = 6;

/**
 * Checks a tree in which some strings may stand for other values. If the schema rejects such a string, it is given each
 * possible conversion of it (a number, a boolean, null, JSON), and the first one that it accepts is kept. A string that
 * the schema accepts stays a string.
 */
export async function checkConvertingStrings(
  schema: Schema,
  tree: ConfigTree,
  isFromStrings: IsFromStrings,
): Promise<SchemaResult> {
  let accepted = tree;
  let result = await schema.check(tree);
  const untried = new Map<string, unknown[]>();
  const closer = new Map<string, Conversion>();
  for (let round = 0; round < MAX_ROUNDS && result.issues.length > 0; round += 1) {
    const conversions = nextConversions(result.issues, accepted, isFromStrings, untried);
    if (conversions.length === 0) break;
    const tried = await schema.check(conversions.reduce(applied, accepted));
    const valid = conversions.filter((conversion) => issuesOf(conversion, tried).length === 0);
    for (const conversion of conversions) {
      if (isCloser(issuesOf(conversion, result), issuesOf(conversion, tried))) {
        closer.set(conversion.name, closer.get(conversion.name) ?? conversion);
      }
    }
    if (valid.length === 0) continue;
    accepted = valid.reduce(applied, accepted);
    result = valid.length === conversions.length ? tried : await schema.check(accepted);
  }
  // Invalid in every form: report the issue of the form that was probably meant.
  const meant = [...closer.values()].filter((conversion) => issuesOf(conversion, result).length > 0);
  return meant.length === 0 ? result : schema.check(meant.reduce(applied, accepted));
}

/** One string, and a value that it may stand for. */
interface Conversion {
  readonly name: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Returns the next conversion of each string with an issue. */
function nextConversions(
  issues: readonly PathIssue[],
  tree: ConfigTree,
  isFromStrings: IsFromStrings,
  untried: Map<string, unknown[]>,
): Conversion[] {
  const conversions: Conversion[] = [];
  const paths = new Map(issues.map(({ path }) => [formatPath(path), path]));
  for (const [name, path] of paths) {
    const value = valueAt(tree, path);
    if (typeof value !== 'string' || path.length === 0 || !isFromStrings(path)) continue;
    const left = untried.get(name) ?? conversionsOf(value);
    untried.set(name, left.slice(1));
    if (left.length > 0) conversions.push({ name, path, value: left[0] });
  }
  return conversions;
}

function applied(tree: ConfigTree, { path, value }: Conversion): ConfigTree {
  return replaceAt(tree, path, value) as ConfigTree;
}

/** Copies along the path, through objects and arrays, and shares everything else. */
function replaceAt(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...below] = path;
  if (key === undefined) return value;
  if (typeof tree !== 'object' || tree === null) return tree;
  const member = replaceAt((tree as Record<string, unknown>)[key], below, value);
  return Array.isArray(tree) ? tree.with(Number(key), member) : { ...tree, [key]: member };
}

function issuesOf({ name }: Conversion, { issues }: SchemaResult): PathIssue[] {
  return issues.filter(({ path }) => formatPath(path) === name);
}

/** A number that is too large is reported as a number; a password of digits that is too short stays a string. */
function isCloser(before: readonly PathIssue[], after: readonly PathIssue[]): boolean {
  if (after.length === 0) return false;
  return (
    after.length < before.length ||
    (after.length === before.length && before.some(({ message }) => expectsNoString(message)))
  );
}

function expectsNoString(message: string): boolean {
  return (
    /\b(?:number|numeric|integer|int|boolean|bool|bigint|array|list|tuple|object|record)\b/i.test(message) &&
    !/\b(?:expected|be) (?:a )?string\b/i.test(message)
  );
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Returns the values that a string may stand for besides itself, the most likely first: a number, `true` and `false`
 * (also `1` and `0`), `null`, JSON.
 */
function conversionsOf(text: string): unknown[] {
  const trimmed = text.trim();
  const conversions: unknown[] = [];
  if (NUMBER.test(trimmed) && isExact(Number(trimmed))) conversions.push(Number(trimmed));
  if (/^(?:true|1)$/i.test(trimmed)) conversions.push(true);
  if (/^(?:false|0)$/i.test(trimmed)) conversions.push(false);
  if (trimmed === 'null') conversions.push(null);
  if (/^[[{]/.test(trimmed)) conversions.push(...parsedJson(trimmed));
  return conversions;
}

/** Digits that exceed the precision of a number are an identifier. */
function isExact(number: number): boolean {
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
}

function parsedJson(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return inspectTree(value, DEFAULT_CONTENT_LIMITS).problems.length === 0 ? [value] : [];
  } catch {
    return [];
  }
}
