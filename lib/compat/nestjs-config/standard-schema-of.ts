import type { StandardSchemaV1 } from '@standard-schema/spec';
import { isStandardSchema } from '../../validation/standard-schema.js';

/** Schema for `@nestjs/config` 4, which calls this method. The schemas of Joi 17 have it, and are no Standard Schemas. */
interface ValidatingSchema {
  validate(
    value: unknown,
    options: object | undefined,
  ): { readonly value: unknown; readonly error?: ValidationError | undefined };
}

/** Joi's error: it has `details`, each with a message and a path. */
interface ValidationError {
  readonly message: string;
  readonly details?: readonly StandardSchemaV1.Issue[];
}

/** Returns the schema, or a Standard Schema that calls it. */
export function standardSchemaOf(schema: StandardSchemaV1 | ValidatingSchema): StandardSchemaV1 {
  if (isStandardSchema(schema)) return schema;
  const validate = (input: unknown, options?: StandardSchemaV1.Options) => {
    const { value, error } = schema.validate(input, options?.libraryOptions);
    return error ? { issues: error.details ?? [error] } : { value };
  };
  return { '~standard': { version: 1, vendor: 'joi', validate } };
}
