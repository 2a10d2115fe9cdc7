import { isExactNumber } from '../formats/exact-number.js';
import { inexactness } from '../formats/inexact-number.js';
import { scanJson } from '../formats/json-scan.js';
import { DEFAULT_CONTENT_LIMITS } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';
import type { ConfigTree } from '../model/config-tree.js';
import { formatPath, valueAt } from '../model/paths.js';
import type { CheckContext, PathIssue, Schema, SchemaResult } from './validator.interface.js';

/** Returns whether the value at a path comes from a source that has nothing but strings, such as the environment. */
export type IsFromStrings = (path: readonly string[]) => boolean;

/** A string has at most three conversions; more rounds convert the strings inside of parsed JSON. */
const MAX_ROUNDS = 6;

/**
 * Checks a tree in which some strings may stand for other values. If the schema rejects such a string, it is given each
 * possible conversion of it (a number, a boolean, null, JSON), and the first one that it accepts is kept. A string that
 * the schema accepts stays a string, unless the schema makes something else of it than it says.
 */
export async function checkConvertingStrings(
  schema: Schema,
  tree: ConfigTree,
  isFromStrings: IsFromStrings,
  context?: CheckContext,
): Promise<SchemaResult> {
  const result = await convertAndCheck(schema, tree, isFromStrings, context);
  if (result.issues.length === 0) return result;
  const hints = new Map<string, PathIssue>();
  for (const issue of result.issues) {
    const hint = hintFor(issue, tree, isFromStrings);
    if (hint !== undefined)
      hints.set(formatPath(issue.path), { ...issue, message: `${issue.message}; ${hint}` });
  }
  // Other issues of such a path are about a string that should have been a number: "must not be greater than 9000".
  const issues = new Set(result.issues.map((issue) => hints.get(formatPath(issue.path)) ?? issue));
  return { ...result, issues: [...issues] };
}

async function convertAndCheck(
  schema: Schema,
  tree: ConfigTree,
  isFromStrings: IsFromStrings,
  context: CheckContext | undefined,
): Promise<SchemaResult> {
  let accepted = tree;
  let result = await schema.check(tree, context);
  const untried = new Map<string, unknown[]>();
  const closer = new Map<string, Conversion>();
  for (let round = 0; round < MAX_ROUNDS && problemsOf(result).length > 0; round += 1) {
    const conversions = nextConversions(problemsOf(result), accepted, isFromStrings, untried);
    if (conversions.length === 0) break;
    const tried = await schema.check(conversions.reduce(applied, accepted), context);
    const valid = conversions.filter((conversion) => issuesOf(conversion, tried).length === 0);
    for (const conversion of conversions) {
      if (isCloser(issuesOf(conversion, result), issuesOf(conversion, tried))) {
        closer.set(conversion.name, closer.get(conversion.name) ?? conversion);
      }
    }
    if (valid.length === 0) continue;
    accepted = valid.reduce(applied, accepted);
    result = valid.length === conversions.length ? tried : await schema.check(accepted, context);
  }
  // Invalid in every form: report the issue of the form that was probably meant.
  const meant = [...closer.values()].filter((conversion) => issuesOf(conversion, result).length > 0);
  return meant.length === 0 ? result : schema.check(meant.reduce(applied, accepted), context);
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

function issuesOf({ name }: Conversion, result: SchemaResult): PathIssue[] {
  return problemsOf(result).filter(({ path }) => formatPath(path) === name);
}

/** The result of a conversion counts as wrong if the string says something else: `"false"` is not true. */
function problemsOf({ issues, conversions = [] }: SchemaResult): PathIssue[] {
  return [...issues, ...conversions];
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
  if (NUMBER.test(trimmed) && reasonAgainstNumber(trimmed) === undefined) conversions.push(Number(trimmed));
  if (/^(?:true|1)$/i.test(trimmed)) conversions.push(true);
  if (/^(?:false|0)$/i.test(trimmed)) conversions.push(false);
  if (trimmed === 'null') conversions.push(null);
  if (/^[[{]/.test(trimmed)) conversions.push(...parsedJson(trimmed));
  return conversions;
}

/** Returns why a string of digits is not taken for a number, which would be another one; undefined if it is. */
function reasonAgainstNumber(text: string): string | undefined {
  const number = Number(text);
  if (!isExactNumber(text, number)) return `it ${inexactness(number)}`;
  // `0644` is 420 to a shell or `chmod`, but 644 to JavaScript. `08080` and `07` can only mean one thing.
  const isAmbiguous = /^[+-]?0[0-7]+$/.test(text) && parseInt(text, 8) !== number;
  return isAmbiguous
    ? 'the leading zero may mean an octal number; write a decimal number without it'
    : undefined;
}

/** Returns why the string of an issue was not converted. It does not quote the string, which may be a secret. */
function hintFor(
  { path, message }: PathIssue,
  tree: ConfigTree,
  isFromStrings: IsFromStrings,
): string | undefined {
  const value = valueAt(tree, path);
  if (typeof value !== 'string' || !isFromStrings(path) || !expectsNoString(message)) return undefined;
  const trimmed = value.trim();
  return NUMBER.test(trimmed) ? reasonAgainstNumber(trimmed) : reasonAgainstJson(trimmed);
}

function reasonAgainstJson(text: string): string | undefined {
  if (!/^[[{]/.test(text) || !isJson(text) || !scanJson(text).hasInexactNumber) return undefined;
  return 'it has a number that cannot be held exactly; put that in quotes';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parsedJson(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (scanJson(text).hasInexactNumber) return [];
    return inspectTree(value, DEFAULT_CONTENT_LIMITS).problems.length === 0 ? [value] : [];
  } catch {
    return [];
  }
}
