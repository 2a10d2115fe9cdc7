import { turnIfLarge } from '../util/large-tree.js';
import { unmeasured } from '../model/call-durations.js';
import { boundedIssues, MAX_ISSUES, shorten } from '../util/bounded.js';
import { copyData } from '../util/branches.js';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { schemaConversions, type SchemaConversions } from './schema-conversions.js';
import { joiDeclares } from './joi-declared-keys.js';
import { ConversionReport } from './conversion-report.js';
import type { TextOf } from '../model/origin.interface.js';
import { valueAt } from '../model/paths.js';
import { isSecretPath } from '../secrets/secret-names.js';
import { type IsSecret, schemaIssueMessage } from './issue-message.js';
import { findDroppedKeys, unknownKeyIssue } from './unknown-keys.js';
import type { CheckContext, PathIssue, Schema, SchemaResult, UnknownKey } from './validator.interface.js';

/** Checks for a schema of zod, Valibot, ArkType, Joi or any other library that follows Standard Schema. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as Partial<StandardSchemaV1>)['~standard']?.validate === 'function';
}

/** By default Joi stops at the first issue and rejects unknown keys, which `unknownKeys` decides. */
const JOI = { abortEarly: false, stripUnknown: { objects: true } } as const;

/** Checks a tree with a Standard Schema; its defaults and transforms make the value. */
export class StandardSchema implements Schema {
  #conversions: SchemaConversions | undefined;
  #isDeclared: ((path: readonly string[]) => boolean) | undefined;

  constructor(
    private readonly schema: StandardSchemaV1,
    private readonly isSecret: IsSecret = isSecretPath,
    private readonly base: readonly string[] = [],
  ) {}

  async check(tree: Readonly<Record<string, unknown>>, context: CheckContext = {}): Promise<SchemaResult> {
    const { vendor, validate } = this.schema['~standard'];
    // A copy: a transform may change its input or return parts of it, and these belong to layers.
    const input = copyData(tree);
    await turnIfLarge(tree);
    const options = vendor === 'joi' ? { libraryOptions: JOI } : undefined;
    const { measure = unmeasured } = context;
    const result = bounded(await measure(`the ${vendor} schema`, () => validate(input, options)));
    await turnIfLarge(tree);
    const conversions = this.#conversionsIn(tree, result, context);
    await turnIfLarge(tree);
    if (result.issues === undefined) {
      return {
        value: result.value,
        issues: [],
        unknownKeys: this.#unknownKeys(tree, result.value),
        conversions,
      };
    }
    const found = vendor === 'joi' ? result.issues.map((issue) => this.#withType(issue)) : result.issues;
    const issues = pathIssuesOf(found, tree, this.isSecret, this.base, context.textOf);
    return { value: undefined, issues, unknownKeys: [], conversions };
  }

  /** Joi tells the type of an error only when it throws it. */
  #withType(issue: StandardSchemaV1.Issue): Issue {
    const isOfKey = issue.message.endsWith(' is not allowed') && !this.#isDeclaredInJoi(keysOf(issue));
    return isOfKey ? { ...issue, type: 'object.unknown' } : issue;
  }

  #isDeclaredInJoi(path: readonly string[]): boolean {
    return (this.#isDeclared ??= joiDeclares(this.schema))(path);
  }

  #unknownKeys(tree: unknown, value: unknown): readonly UnknownKey[] {
    const dropped = findDroppedKeys(tree, value);
    if (dropped.length === 0 || this.schema['~standard'].vendor !== 'joi') return dropped;
    return dropped.filter(({ path }) => !this.#isDeclaredInJoi(path));
  }

  #conversionsIn(
    tree: unknown,
    result: StandardSchemaV1.Result<unknown>,
    context: CheckContext,
  ): readonly PathIssue[] {
    if (context.findConversions !== true) return [];
    // Not in the constructor: a schema may refer to classes that are defined after it.
    this.#conversions ??= schemaConversions(this.schema);
    const library = this.schema['~standard'].vendor;
    const report = new ConversionReport({ ...context, library, isSecret: this.isSecret, base: this.base });
    this.#conversions.find(tree, result, report);
    return report.found;
  }
}

/** An issue with the members that zod, Valibot, ArkType and Joi add to the standard. */
type Issue = StandardSchemaV1.Issue & {
  readonly code?: unknown;
  readonly keys?: unknown;
  readonly type?: unknown;
  readonly expected?: unknown;
};

/** Longer paths lead to no value: no configuration nests this deep. */
const MAX_KEYS = 1000;

/** Returns the path of an issue. */
export function keysOf({ path = [] }: StandardSchemaV1.Issue): string[] {
  return path.slice(0, MAX_KEYS).map((step) => shorten(String(typeof step === 'object' ? step.key : step)));
}

function bounded<T>(result: StandardSchemaV1.Result<T>): StandardSchemaV1.Result<T> {
  return result.issues ? { issues: boundedIssues(result.issues, (message) => ({ message })) } : result;
}

/** Returns the paths of the keys that a library refuses because its schema does not declare them; undefined for other issues. */
function unknownKeysOf(
  { code, keys, type, expected }: Issue,
  path: readonly string[],
): readonly (readonly string[])[] | undefined {
  // zod reports the object; users look for the key.
  if (code === 'unrecognized_keys' && Array.isArray(keys))
    return keys.slice(0, MAX_ISSUES).map((key) => [...path, String(key)]);
  const isOfValibot = type === 'strict_object' && expected === 'never';
  const isOfArkType = code === 'predicate' && expected === 'removed';
  return isOfValibot || isOfArkType || type === 'object.unknown' ? [path] : undefined;
}

/**
 * Converts the issues of a schema library; each message names the path and the value.
 *
 * @param base path of `tree`, for the messages
 * @param textOf returns the characters of a number in `tree`
 */
export function pathIssuesOf(
  issues: readonly Issue[],
  tree: unknown,
  isSecret: IsSecret,
  base: readonly string[] = [],
  textOf?: TextOf,
): PathIssue[] {
  return issues.flatMap((issue) => {
    const path = keysOf(issue);
    const unknown = unknownKeysOf(issue, path);
    if (unknown !== undefined)
      return unknown.map((own) => ({
        ...unknownKeyIssue({ path: [...base, ...own], suggestion: undefined }),
        path: own,
      }));
    const found = { source: valueAt(tree, path), text: () => textOf?.(path) };
    return [{ path, message: schemaIssueMessage(issue.message, { path, base }, found, isSecret) }];
  });
}
