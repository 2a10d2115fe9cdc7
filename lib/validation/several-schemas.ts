import { isObjectBranch, isPlainObject } from '../util/branches.js';
import { formatPath, valueAt } from '../model/paths.js';
import type { CheckContext, PathIssue, Schema, SchemaResult, UnknownKey } from './validator.interface.js';

type Members = Record<string, unknown>;

/**
 * Checks a tree with several schemas, each for its part of the configuration. Each schema receives the tree with the
 * values that the schemas before it returned. The value is their results merged, a later one over an earlier one; keys
 * that none of them knows are left out.
 */
export class SeveralSchemas implements Schema {
  constructor(private readonly schemas: readonly Schema[]) {}

  async check(tree: Readonly<Members>, context?: CheckContext): Promise<SchemaResult> {
    let input: Members = tree;
    let value: unknown;
    // Not `push(...)`, whose number of arguments is limited: a list of a million elements may have a million issues.
    let issues: readonly PathIssue[] = [];
    let warnings: readonly PathIssue[] = [];
    let conversions: readonly PathIssue[] = [];
    let unknownKeys: readonly UnknownKey[] | undefined;
    for (const schema of this.schemas) {
      const result = await schema.check(input, context);
      issues = [...issues, ...result.issues];
      warnings = [...warnings, ...(result.warnings ?? [])];
      conversions = [...conversions, ...(result.conversions ?? [])];
      unknownKeys = unknownToBoth(unknownKeys, result.unknownKeys);
      if (result.issues.length > 0) continue;
      const known = withoutUnknown(result.value, result.unknownKeys);
      value = value === undefined ? known : mergeResults(value, known);
      input = mergeResults(input, { ...(known as Members) }) as Members;
    }
    return { value, issues, unknownKeys: unknownKeys ?? [], warnings, conversions };
  }
}

/** Returns the keys unknown to both; one schema may not know a whole branch, and the other a key in it. */
function unknownToBoth(
  before: readonly UnknownKey[] | undefined,
  next: readonly UnknownKey[],
): readonly UnknownKey[] {
  if (before === undefined) return next;
  const within = (keys: readonly UnknownKey[], others: readonly UnknownKey[]) => {
    const paths = new Set(others.map(({ path }) => formatPath(path)));
    return keys.filter(({ path }) => path.some((_key, at) => paths.has(formatPath(path.slice(0, at + 1)))));
  };
  const first = within(before, next);
  const named = new Set(first.map(({ path }) => formatPath(path)));
  return [...first, ...within(next, before).filter(({ path }) => !named.has(formatPath(path)))];
}

/** Removes unknown keys, which a class keeps: another schema may know them. In place: the schema just created the value. */
function withoutUnknown(value: unknown, unknown: readonly UnknownKey[]): unknown {
  for (const { path } of unknown) {
    const around = valueAt(value, path.slice(0, -1));
    if (isObjectBranch(around)) Reflect.deleteProperty(around, path.at(-1)!);
  }
  return value;
}

/** Merges plain objects; fills an instance with the members it lacks; anything else is replaced. */
function mergeResults(below: unknown, above: unknown): unknown {
  if (typeof below !== 'object' || below === null || typeof above !== 'object' || above === null)
    return above;
  if (!isPlainObject(below)) return Array.isArray(below) ? above : filled(below as Members, above as Members);
  if (!isPlainObject(above)) return Array.isArray(above) ? above : filled(above as Members, below);
  const merged: Members = { ...below };
  for (const key of Object.keys(above)) {
    merged[key] = Object.hasOwn(below, key) ? mergeResults(below[key], above[key]) : above[key];
  }
  return merged;
}

/** Adds to the instance itself, which a schema has just created. */
function filled(instance: Members, others: Members): Members {
  for (const key of Object.keys(others)) {
    if (instance[key] === undefined) instance[key] = others[key];
  }
  return instance;
}
