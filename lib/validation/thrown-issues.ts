import type { StandardSchemaV1 } from '@standard-schema/spec';
import { boundedIssues, MAX_ISSUES } from '../util/bounded.js';

type Issue = StandardSchemaV1.Issue;

/** Apps wrap an error in others of their own; few do it more often. */
const MAX_CAUSES = 5;

/** Errors of class-validator may contain themselves. */
const MAX_PROPERTY_ERRORS = 10 * MAX_ISSUES;
const MAX_DEPTH = 100;

/** An error of class-validator, as `validateSync()` returns them. */
interface PropertyError {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly PropertyError[];
}

/**
 * Returns the issues that a thrown value, or a cause of it, has as data: `issues` of zod and Valibot, `details` of Joi, or
 * a list of errors of class-validator; of a long list the first ones. Undefined if there are none: then the message says all.
 */
export function listedIssues(thrown: unknown): readonly Issue[] | undefined {
  try {
    let error = Object(thrown) as Readonly<Record<string, unknown>>;
    for (let causes = 0; causes <= MAX_CAUSES; causes += 1) {
      const { issues, details, errors, cause } = error;
      const listed = [issues, details].find((list) => isListOf(list, isIssue)) as Issue[] | undefined;
      if (listed !== undefined) return boundedIssues(listed, (message) => ({ message }));
      const failed = [error, errors].find((list) => isListOf(list, isPropertyError));
      // Errors without constraints are a failure too: an empty list would pass for none.
      const ofClass = failed === undefined ? [] : issuesIn(failed as PropertyError[]);
      if (ofClass.length > 0) return boundedIssues(ofClass, (message) => ({ message }));
      error = Object(cause) as Readonly<Record<string, unknown>>;
    }
  } catch {
    // A getter of the error throws.
  }
  return undefined;
}

function issuesIn(errors: readonly PropertyError[]): Issue[] {
  const issues: Issue[] = [];
  const open = belowOf([], errors);
  for (let count = 0; count < MAX_PROPERTY_ERRORS && issues.length <= MAX_ISSUES; count += 1) {
    const next = open.pop();
    if (next === undefined) break;
    const { property, constraints = {}, children = [] } = next.error;
    const path = [...next.above, property];
    for (const message of Object.values(constraints)) issues.push({ message, path });
    if (path.length < MAX_DEPTH) open.push(...belowOf(path, children));
  }
  return issues;
}

/** Returns errors with the path above them, the first one last. */
function belowOf(above: readonly string[], errors: readonly PropertyError[]) {
  return errors
    .slice(0, MAX_ISSUES)
    .map((error) => ({ above, error }))
    .reverse();
}

/** An empty list says nothing about a failure. */
function isListOf(list: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(list) && list.length > 0 && list.slice(0, MAX_ISSUES).every(isItem);
}

function isIssue(item: unknown): boolean {
  const { message, path } = Object(item) as { message?: unknown; path?: unknown };
  return typeof message === 'string' && (path === undefined || Array.isArray(path));
}

function isPropertyError(item: unknown): boolean {
  const { property, constraints, children } = Object(item) as Partial<PropertyError>;
  return typeof property === 'string' && (constraints !== undefined || Array.isArray(children));
}
