import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { isPlainObject } from '../snapshot/branches.js';
import { describeValue, isSecretPath } from '../snapshot/secrets.js';
import { formatPath } from '../snapshot/paths.js';
import { SchemaKeys } from './schema-keys.js';
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
    // class-transformer deletes discriminators from what it is given, which belongs to a layer.
    const value = plainToInstance(this.type, copyOf(tree), { exposeDefaultValues: true });
    const errors = await validate(value, { forbidUnknownValues: false, validationError: { target: false } });
    return {
      value,
      issues: errors.flatMap((error) => issuesOf(error, { path: [], instance: value, tree })),
      unknownKeys: findUnknownKeys(tree, value),
    };
  }
}

function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) {
    if (typeof copy[key] === 'object') copy[key] = copyOf(copy[key]);
  }
  return copy as T;
}

/** Where an error stands: in the instance, and in the tree it was made of. */
interface Place {
  readonly path: readonly string[];
  readonly instance: object;
  readonly tree: unknown;
}

function issuesOf(error: ValidationError, { path: above, instance, tree }: Place): PathIssue[] {
  // People look for what their file calls it, not for what the class does.
  const key = SchemaKeys.of(instance)?.keyOf(error.property, tree) ?? error.property;
  const path = [...above, key];
  const own = Object.values(error.constraints ?? {}).map((message) => ({
    path,
    message: sentence(message, error.property, path, error.value),
  }));
  const place: Place = { path, instance: error.value as object, tree: memberOf(tree, key) };
  return [...own, ...(error.children ?? []).flatMap((child) => issuesOf(child, place))];
}

function memberOf(tree: unknown, key: string): unknown {
  return typeof tree === 'object' && tree !== null ? (tree as Record<string, unknown>)[key] : undefined;
}

/** What class-validator puts before the name of a property. */
const BEFORE_NAME = /^(each value in )?(nested property )?/;

/** class-validator says `temperature must not …`; people want to read `llm.temperature must not … (was 7)`. */
function sentence(message: string, property: string, path: readonly string[], value: unknown): string {
  const full = formatPath(path);
  if (isSecretPath(path) && repeats(message, value)) return `${full} is not valid (was hidden)`;
  const [before, each = ''] = BEFORE_NAME.exec(message)!; // matches anything
  const said = message.slice(before.length);
  const about = said.startsWith(`${property} `)
    ? each + full + said.slice(property.length)
    : `${full}: ${message}`;
  return value === undefined ? `${about} (it is missing)` : `${about} (was ${describeValue(path, value)})`;
}

/** Whether a message of the app tells the value (`message: 'not $value'`), or one of the values in it. */
function repeats(message: string, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((member) => repeats(message, member));
  if (typeof value === 'string') return value !== '' && message.includes(value);
  return typeof value === 'number' && message.split(/[^\d.-]+/).includes(String(value));
}
