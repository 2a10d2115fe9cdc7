import { isObjectBranch, isPlainObject } from '../util/branches.js';
import { formatPath, valueAt } from '../model/paths.js';
import type { PathIssue, Schema, SchemaResult, UnknownKey } from './validator.interface.js';

type Members = Record<string, unknown>;

/**
 * Several schemas, each for its part of the configuration: each sees the tree with what the schemas before it made of
 * their parts. The value is all that they gave, a later one over an earlier; what none of them knows is left out.
 */
export class SeveralSchemas implements Schema {
  constructor(private readonly schemas: readonly Schema[]) {}

  async check(tree: Readonly<Members>): Promise<SchemaResult> {
    let input: Members = tree;
    let value: unknown;
    const issues: PathIssue[] = [];
    let unknownKeys: readonly UnknownKey[] | undefined;
    for (const schema of this.schemas) {
      const result = await schema.check(input);
      issues.push(...result.issues);
      if (result.issues.length > 0) continue;
      unknownKeys = unknownToBoth(unknownKeys, result.unknownKeys);
      const given = withoutUnknown(result.value, result.unknownKeys);
      value = value === undefined ? given : over(value, given);
      input = over(input, { ...(given as Members) }) as Members;
    }
    return { value, issues, unknownKeys: unknownKeys ?? [] };
  }
}

/** What is unknown to both; one of them may not know a whole branch, and the other a key in it. */
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

/** A class keeps what it does not know as it is, which is for another schema to say more of. In place: it is new. */
function withoutUnknown(value: unknown, unknown: readonly UnknownKey[]): unknown {
  for (const { path } of unknown) {
    const around = valueAt(value, path.slice(0, -1));
    if (isObjectBranch(around)) Reflect.deleteProperty(around, path.at(-1)!);
  }
  return value;
}

/** Plain objects merge; an instance takes what it has no member for; everything else gives way. */
function over(below: unknown, above: unknown): unknown {
  if (typeof below !== 'object' || below === null || typeof above !== 'object' || above === null)
    return above;
  if (!isPlainObject(below)) return Array.isArray(below) ? above : filled(below as Members, above as Members);
  if (!isPlainObject(above)) return Array.isArray(above) ? above : filled(above as Members, below);
  const merged: Members = { ...below };
  for (const key of Object.keys(above)) {
    merged[key] = Object.hasOwn(below, key) ? over(below[key], above[key]) : above[key];
  }
  return merged;
}

/** A schema made the instance just now: it may be added to. */
function filled(instance: Members, others: Members): Members {
  for (const key of Object.keys(others)) {
    if (instance[key] === undefined) instance[key] = others[key];
  }
  return instance;
}
