import type { StandardSchemaV1 } from '@standard-schema/spec';

type Issue = StandardSchemaV1.Issue;

/** Apps wrap an error in others of their own; few do it more often. */
const MAX_CAUSES = 5;

/** An error of class-validator, as `validateSync()` returns them. */
interface PropertyError {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly PropertyError[];
}

/**
 * Returns the issues that a thrown value, or a cause of it, has as data: `issues` of zod and Valibot, `details` of Joi, or
 * a list of errors of class-validator. Undefined if there are none: then the message says all.
 */
export function listedIssues(thrown: unknown): readonly Issue[] | undefined {
  try {
    let error = Object(thrown) as Readonly<Record<string, unknown>>;
    for (let causes = 0; causes <= MAX_CAUSES; causes += 1) {
      const { issues, details, errors, cause } = error;
      const listed = [issues, details].find((list) => isListOf(list, isIssue)) as Issue[] | undefined;
      if (listed !== undefined) return listed;
      const failed = [error, errors].find((list) => isListOf(list, isPropertyError));
      if (failed !== undefined) return (failed as PropertyError[]).flatMap((each) => issuesOf(each, []));
      error = Object(cause) as Readonly<Record<string, unknown>>;
    }
  } catch {
    // A getter of the error throws.
  }
  return undefined;
}

function issuesOf({ property, constraints = {}, children = [] }: PropertyError, above: string[]): Issue[] {
  const path = [...above, property];
  const own = Object.values(constraints).map((message) => ({ message, path }));
  return [...own, ...children.flatMap((child) => issuesOf(child, path))];
}

/** An empty list says nothing about a failure. */
function isListOf(list: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(list) && list.length > 0 && list.every(isItem);
}

function isIssue(item: unknown): boolean {
  const { message, path } = Object(item) as { message?: unknown; path?: unknown };
  return typeof message === 'string' && (path === undefined || Array.isArray(path));
}

function isPropertyError(item: unknown): boolean {
  const { property, constraints, children } = Object(item) as Partial<PropertyError>;
  return typeof property === 'string' && (constraints !== undefined || Array.isArray(children));
}
