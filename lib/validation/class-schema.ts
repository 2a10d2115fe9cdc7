import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { describeValue } from '../snapshot/secrets.js';
import { formatPath } from '../snapshot/paths.js';
import { findUnknownKeys } from './unknown-keys.js';
import type { PathIssue, Schema, SchemaResult } from './validator.interface.js';

/**
 * A class with class-validator and class-transformer decorators. Its property initialisers are the defaults.
 *
 * @publicApi
 */
export type SchemaClass<T extends object = object> = new () => T;

/** A schema that is a class: defaults from the class, rules from its decorators, the validated instance as the value. */
export class ClassSchema implements Schema {
  constructor(private readonly type: SchemaClass) {}

  async check(tree: Readonly<Record<string, unknown>>): Promise<SchemaResult> {
    const value = plainToInstance(this.type, tree, { exposeDefaultValues: true });
    const errors = await validate(value, { forbidUnknownValues: false, validationError: { target: false } });
    return {
      value,
      issues: errors.flatMap((error) => issuesOf(error, [])),
      unknownKeys: findUnknownKeys(tree, value),
    };
  }
}

function issuesOf(error: ValidationError, above: readonly string[]): PathIssue[] {
  const path = [...above, error.property];
  const own = Object.values(error.constraints ?? {}).map((message) => ({
    path,
    message: sentence(message, error.property, path, error.value),
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => issuesOf(child, path))];
}

/** class-validator says `temperature must not …`; people want to read `llm.temperature must not … (was 7)`. */
function sentence(message: string, property: string, path: readonly string[], value: unknown): string {
  const full = formatPath(path);
  const said = message.replace(/^nested property /, '');
  const about = said.startsWith(`${property} `) ? full + said.slice(property.length) : `${full}: ${message}`;
  return value === undefined ? `${about} (it is missing)` : `${about} (was ${describeValue(path, value)})`;
}
