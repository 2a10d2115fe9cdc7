import { getOwn, isObjectBranch, isPlainObject, setOwn } from '../util/branches.js';
import { formatPath, isWithin, valueAt } from '../model/paths.js';
import { ambiguityOf, resolveForWriting } from '../model/resolve-path.js';
import { describeValue } from '../secrets/describe-value.js';
import { isSecretPath } from '../secrets/secret-names.js';
import type { IsSecret } from './issue-message.js';
import { NullPlace } from './null-rules.js';
import type { SchemaClass } from './class-schema.js';
import { type ConfigSchema, isClass, schemaOf } from './schema-of.js';
import { isStandardSchema } from './standard-schema.js';
import { withAccepted } from './undeclared-keys.js';
import type { CheckContext, PathIssue, Schema, SchemaResult, UnknownKey } from './validator.interface.js';

/** A schema, or several, and the path whose values it describes. */
export interface PlacedSchema {
  /** For example `['database']`; empty for the schema of `forRoot()`, which describes the whole configuration. */
  readonly path: readonly string[];
  readonly schema: ConfigSchema | readonly ConfigSchema[];
}

/** The schemas of one path as one. */
interface Step {
  readonly path: readonly string[];
  readonly schema: Schema;
  /** `false` if the schema needs an object: a class or a function. */
  readonly acceptsAnyValue: boolean;
  /** `true` if each result is a new instance, which nothing else has: that of a class. */
  readonly createsResult: boolean;
}

/**
 * The schemas of an app: that of `forRoot()`, and those of namespaces. Each one receives the values that the sources have
 * at its path, and its result is what the app reads there. One schema does not see the results of another, except those of
 * the same path. Without any, the tree is accepted unchanged.
 */
export class AppSchemas implements Schema {
  #all: readonly PlacedSchema[] = [];
  #steps: readonly Step[] = [];
  #nulls: NullPlace | undefined;

  constructor(
    schemas: readonly PlacedSchema[],
    private readonly isSecret: IsSecret = isSecretPath,
  ) {
    for (const schema of schemas) this.add(schema);
  }

  /** Another list after each change. */
  get all(): readonly PlacedSchema[] {
    return this.#all;
  }

  /** The meaning of null, as the classes describe it; undefined without a class. */
  get nulls(): NullPlace | undefined {
    return this.#nulls;
  }

  has(schema: PlacedSchema): boolean {
    return this.#all.some((known) => isSame(known, schema));
  }

  /**
   * Adds a schema. Does nothing if it has that path already: several modules may declare the same namespace.
   *
   * @returns a function that restores the list from before: a snapshot that satisfied it needs no new check
   */
  add(added: PlacedSchema): () => void {
    const before = this.#all;
    if (this.has(added)) return () => undefined;
    this.#replace([...before, added]);
    return () => this.#replace(before);
  }

  async check(tree: Readonly<Record<string, unknown>>, context: CheckContext = {}): Promise<SchemaResult> {
    let value: unknown = tree;
    let unknownKeys: readonly UnknownKey[] = [];
    const issues = new Map<string, PathIssue>();
    let warnings: readonly PathIssue[] = [];
    let conversions: readonly PathIssue[] = [];
    for (const { path: declared, schema, acceptsAnyValue } of this.#steps) {
      const path = placeOf(declared, tree);
      if (isIssue(path)) {
        issues.set(path.message, path);
        continue;
      }
      const input = this.#inputOf(tree, path, acceptsAnyValue);
      const result = isIssue(input)
        ? invalid(input)
        : await checkAt(path, schema, input.value as typeof tree, context);
      for (const issue of result.issues) {
        const placed = { ...issue, path: [...path, ...issue.path] };
        issues.set(`${formatPath(placed.path)} ${issue.message}`, placed);
      }
      warnings = [...warnings, ...placedIssues(result.warnings, path)];
      conversions = [...conversions, ...placedIssues(result.conversions, path)];
      const found = result.unknownKeys.map((key) => placedKey(key, path));
      unknownKeys = [...unknownOutside(unknownKeys, path, tree), ...found];
      if (result.issues.length > 0) continue;
      const mistake = this.#mistakeOf(result.value, path);
      if (mistake !== undefined) issues.set(mistake.message, mistake);
      else value = replaceAt(value, path, result.value, (depth) => this.#isCreated(path, depth));
    }
    return { value, issues: [...issues.values()], unknownKeys, warnings, conversions };
  }

  /** Returns the values at `path`. Values that no source has are an empty object, of which a schema makes its defaults. */
  #inputOf(
    tree: unknown,
    path: readonly string[],
    acceptsAnyValue: boolean,
  ): PathIssue | { readonly value: unknown } {
    for (let depth = 1; depth <= path.length; depth += 1) {
      const around = path.slice(0, depth);
      const value = valueAt(tree, around);
      if (value === undefined) return { value: {} };
      if (isPlainObject(value) || (acceptsAnyValue && depth === path.length)) continue;
      const was = describeValue(around, value, this.isSecret);
      return { path: [], message: `${formatPath(around)} must be an object (was ${was})` };
    }
    return { value: valueAt(tree, path) };
  }

  /** The values of a namespace are injected as one object, which must exist. */
  #mistakeOf(value: unknown, path: readonly string[]): PathIssue | undefined {
    if (path.length === 0 || (typeof value === 'object' && value !== null)) return undefined;
    const what = value === undefined ? 'undefined' : describeValue(path, value, this.isSecret);
    const message = `${formatPath(path)}: the schema must return an object (it returned ${what})`;
    return { path, message };
  }

  /** Checks whether the value around `path` at this depth is the result of a schema that creates it. */
  #isCreated(path: readonly string[], depth: number): boolean {
    const around = path.slice(0, depth);
    const above = this.#steps.filter((step) => step.path.length < path.length && isWithin(around, step.path));
    return above.at(-1)?.createsResult ?? false;
  }

  /** A schema is checked after those of the paths above it. */
  #replace(all: readonly PlacedSchema[]): void {
    const places = new Map<string, ConfigSchema[]>();
    for (const { path, schema } of all) {
      const name = JSON.stringify(path);
      places.set(name, [...(places.get(name) ?? []), ...listOf(schema)]);
    }
    const steps = [...places].map(([name, schemas]): Step => {
      const path = JSON.parse(name) as string[];
      const schema = schemaOf(schemas.length === 1 ? schemas[0]! : schemas, this.isSecret, path);
      const createsResult = schemas.every((each) => !isStandardSchema(each) && isClass(each));
      return { path, schema, acceptsAnyValue: schemas.every(isStandardSchema), createsResult };
    });
    this.#steps = steps.sort((a, b) => a.path.length - b.path.length);
    this.#all = all;
    this.#nulls = nullsOf(all);
  }
}

function nullsOf(all: readonly PlacedSchema[]): NullPlace | undefined {
  const places = all.map(({ path, schema }) => ({
    path,
    types: listOf(schema).filter((each) => !isStandardSchema(each) && isClass(each)) as SchemaClass[],
  }));
  return NullPlace.of(places.filter(({ types }) => types.length > 0));
}

/** Returns the schemas of an option that takes one or several. */
export function listOf(schema: ConfigSchema | readonly ConfigSchema[]): readonly ConfigSchema[] {
  return Array.isArray(schema) ? (schema as readonly ConfigSchema[]) : [schema as ConfigSchema];
}

/** Checks whether two schemas of the same path are one. */
export function isSame(a: PlacedSchema, b: PlacedSchema): boolean {
  return a.schema === b.schema && a.path.length === b.path.length && isWithin(a.path, b.path);
}

/** Returns the keys of a path in `tree`: `models.gpt-4.1` may be the key `gpt-4.1`. */
function placeOf(path: readonly string[], tree: unknown): readonly string[] | PathIssue {
  if (path.length === 0) return path;
  const written = formatPath(path);
  const resolved = resolveForWriting([tree], written);
  if (resolved === undefined) return path;
  if ('keys' in resolved) return resolved.keys;
  return { path, message: `the path of a schema, ${ambiguityOf(written, resolved.readings)}` };
}

function isIssue<X extends object>(input: PathIssue | X): input is PathIssue {
  return 'message' in input;
}

function invalid(issue: PathIssue): SchemaResult {
  return { value: undefined, issues: [issue], unknownKeys: [] };
}

function placedIssues(issues: readonly PathIssue[] = [], above: readonly string[]): PathIssue[] {
  return issues.map((issue) => ({ ...issue, path: [...above, ...issue.path] }));
}

/** The schema of a namespace declares all of its keys; that of the whole configuration need not. */
async function checkAt(
  path: readonly string[],
  schema: Schema,
  tree: Readonly<Record<string, unknown>>,
  context: CheckContext,
): Promise<SchemaResult> {
  const { textOf, undeclared } = context;
  if (path.length === 0) {
    const result = await schema.check(tree, context);
    return undeclared === undefined ? result : withAccepted(result, tree, undeclared);
  }
  const below = textOf && ((inside: readonly string[]) => textOf([...path, ...inside]));
  return schema.check(tree, { ...context, textOf: below, undeclared: undefined });
}

function placedKey({ path, suggestion }: UnknownKey, above: readonly string[]): UnknownKey {
  const prefix = formatPath(above);
  const isRelative = suggestion !== undefined && above.length > 0;
  return {
    path: [...above, ...path],
    suggestion: isRelative ? prefix + (suggestion.startsWith('[') ? '' : '.') + suggestion : suggestion,
  };
}

/** Returns the unknown keys outside of `path`, whose own schema decides. Of a branch around it, its other members. */
function unknownOutside(
  keys: readonly UnknownKey[],
  path: readonly string[],
  tree: unknown,
): readonly UnknownKey[] {
  return keys.flatMap((key) => {
    if (isWithin(key.path, path)) return [];
    if (!isWithin(path, key.path)) return [key];
    const members = Object.keys(Object(valueAt(tree, key.path)) as object);
    const others = members.map((name) => ({ path: [...key.path, name], suggestion: undefined }));
    return unknownOutside(others, path, tree);
  });
}

/**
 * Copies what is along the path: a schema may return objects that the app uses elsewhere too. An instance that the library
 * has just created is changed instead, because a copy would lose its private fields.
 *
 * @param isCreated says this of the value at a depth of the path
 */
function replaceAt(
  value: unknown,
  path: readonly string[],
  part: unknown,
  isCreated: (depth: number) => boolean,
  depth = 0,
): unknown {
  const key = path[depth];
  if (key === undefined) return part;
  const around: Record<string, unknown> = isObjectBranch(value) ? value : {};
  const changed = !isPlainObject(around) && isCreated(depth) ? around : copyOf(around);
  setOwn(changed, key, replaceAt(getOwn(around, key), path, part, isCreated, depth + 1));
  return changed;
}

function copyOf(branch: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (isPlainObject(branch)) return { ...branch };
  const copy = Object.create(Object.getPrototypeOf(branch) as object) as Record<string, unknown>;
  for (const name of Reflect.ownKeys(branch)) {
    const property = Object.getOwnPropertyDescriptor(branch, name)!; // own, so it exists
    const isData = 'value' in property;
    Object.defineProperty(copy, name, { ...property, configurable: true, ...(isData && { writable: true }) });
  }
  return copy;
}
