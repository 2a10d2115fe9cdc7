import { copyData } from '../util/branches.js';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { formatPath, valueAt } from '../model/paths.js';
import { isSecretPath } from '../secrets/secret-names.js';
import { type IsSecret, schemaIssueMessage } from './issue-message.js';
import { findDroppedKeys } from './dropped-keys.js';
import type { PathIssue, Schema, SchemaResult } from './validator.interface.js';

/** Whether a value is a schema of zod, Valibot, ArkType, Joi, or any other library that follows Standard Schema. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject && typeof (value as Partial<StandardSchemaV1>)['~standard']?.validate === 'function';
}

/** Joi stops at the first issue, and refuses keys it does not know, which is for `unknownKeys` to decide. */
const JOI = { abortEarly: false, stripUnknown: { objects: true } };

/** A Standard Schema: its defaults and transforms make the value. */
export class StandardSchema implements Schema {
  constructor(
    private readonly schema: StandardSchemaV1,
    private readonly isSecret: IsSecret = isSecretPath,
  ) {}

  async check(tree: Readonly<Record<string, unknown>>): Promise<SchemaResult> {
    const { vendor, validate } = this.schema['~standard'];
    // A copy: what a transform changes, or keeps as part of its result, must not be the layers' own.
    const input = copyData(tree);
    const options = vendor === 'joi' ? { libraryOptions: JOI } : undefined;
    const result = await validate(input, options);
    if (result.issues === undefined) {
      return { value: result.value, issues: [], unknownKeys: findDroppedKeys(tree, result.value) };
    }
    return { value: undefined, issues: pathIssuesOf(result.issues, tree, this.isSecret), unknownKeys: [] };
  }
}

/** What a library says of an issue besides the standard. */
type Issue = StandardSchemaV1.Issue & { readonly code?: unknown; readonly keys?: unknown };

/** The issues of a schema library, each with the path and the value it is about. */
export function pathIssuesOf(issues: readonly Issue[], tree: unknown, isSecret: IsSecret): PathIssue[] {
  return issues.flatMap((issue) => {
    const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
    // zod blames the object; people look for the key.
    if (issue.code === 'unrecognized_keys' && Array.isArray(issue.keys)) {
      return issue.keys.map((key) => unknownKey([...path, String(key)]));
    }
    return [{ path, message: schemaIssueMessage(issue.message, path, valueAt(tree, path), isSecret) }];
  });
}

function unknownKey(path: readonly string[]): PathIssue {
  return { path, message: `${formatPath(path)} is not a known key`, part: 'key' };
}
