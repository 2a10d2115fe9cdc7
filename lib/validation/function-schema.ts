import { reasonOf } from '../util/reason-of.js';
import { unmeasured } from '../model/call-durations.js';
import { copyData, isObjectBranch } from '../util/branches.js';
import { formatPath, valueAt } from '../model/paths.js';
import { isSecretPath } from '../secrets/secret-names.js';
import { nameOf } from './name-of.js';
import type { IsSecret } from './issue-message.js';
import { pathIssuesOf } from './standard-schema.js';
import { listedIssues } from './thrown-issues.js';
import { findDroppedKeys } from './unknown-keys.js';
import type { CheckContext, PathIssue, Schema, SchemaResult, UnknownKey } from './validator.interface.js';

/**
 * A schema that is a function: it receives the merged tree and returns what the app reads, or throws. An error of zod's
 * `parse()` or Joi's `assert()` is reported issue by issue.
 *
 * @publicApi
 */
export type SchemaFunction<T extends object = object> = (tree: Record<string, unknown>) => T | Promise<T>;

/** Checks a tree with a function. */
export class FunctionSchema implements Schema {
  constructor(
    private readonly parse: SchemaFunction,
    private readonly isSecret: IsSecret = isSecretPath,
    private readonly base: readonly string[] = [],
  ) {}

  async check(tree: Readonly<Record<string, unknown>>, context: CheckContext = {}): Promise<SchemaResult> {
    try {
      const input = copyData(tree) as Record<string, unknown>;
      const { measure = unmeasured } = context;
      const value: unknown = await measure(nameOf('schema', this.parse), () => this.parse(input));
      if (isObjectBranch(value)) return { value, issues: [], unknownKeys: droppedIn(value, tree, context) };
      const message = prefixed(
        'the schema function did not return an object; return the configuration, or throw an error',
        this.base,
      );
      return { value: undefined, issues: [{ path: [], message }], unknownKeys: [] };
    } catch (error) {
      const issues = issuesOfThrown(error, tree, this.isSecret, this.base);
      return { value: undefined, issues, unknownKeys: [] };
    }
  }
}

/** A function may leave out keys for any reason. Only those count as unknown that the app reads all the same. */
function droppedIn(value: unknown, tree: unknown, { undeclared }: CheckContext): UnknownKey[] {
  if (undeclared === undefined) return [];
  return findDroppedKeys(tree, value).filter(({ path }) => valueAt(undeclared.kept, path) !== undefined);
}

/** Converts a thrown value to issues; errors of zod, Valibot and Joi have several. */
function issuesOfThrown(
  thrown: unknown,
  tree: unknown,
  isSecret: IsSecret,
  base: readonly string[],
): PathIssue[] {
  const listed = listedIssues(thrown);
  return listed === undefined
    ? [{ path: [], message: prefixed(reasonOf(thrown), base) }]
    : pathIssuesOf(listed, tree, isSecret, base);
}

function prefixed(message: string, base: readonly string[]): string {
  return base.length === 0 ? message : `${formatPath(base)}: ${message}`;
}
