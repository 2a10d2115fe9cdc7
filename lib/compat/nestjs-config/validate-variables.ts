import type { StandardSchemaV1 } from '@standard-schema/spec';
import { reasonOf } from '../../util/reason-of.js';
import { redactCredentials, isSecretPath } from '../../secrets/secret-names.js';
import { valueAt } from '../../model/paths.js';
import { issuesOfThrown } from '../../validation/function-schema.js';
import { repeatsValue } from '../../validation/issue-message.js';
import { pathIssuesOf } from '../../validation/standard-schema.js';
import type { PathIssue } from '../../validation/validator.interface.js';
import type { EnvironmentOptions } from './environment-options.js';
import type { Variables } from './combine-variables.js';

/** Result of `validate` or `validationSchema`: the variables, or what is wrong with them. */
export type ValidatedVariables =
  | { readonly values: Variables; readonly issues?: undefined }
  | {
      readonly issues: readonly PathIssue[];
      /** All issues as one message, in the format of `@nestjs/config`. */
      readonly message: string;
      readonly cause?: unknown;
    };

/** As in `@nestjs/config`: a schema describes only a part of the environment. */
const JOI_OPTIONS = { abortEarly: false, allowUnknown: true } as const;

const NOT_AN_OBJECT = 'validate() did not return an object; it must return the variables, or throw';

/** Checks whether the options validate variables at all. */
export function isValidated({ validate, validationSchema }: EnvironmentOptions): boolean {
  return validate !== undefined || validationSchema !== undefined;
}

/**
 * Validates variables by `validate`, else against `validationSchema`. Synchronous if possible: code that follows
 * `forRoot()` in the same file may read `process.env`.
 */
export function validateVariables(
  input: Variables,
  { validate, validationSchema, validationOptions }: EnvironmentOptions,
): ValidatedVariables | Promise<ValidatedVariables> {
  if (validate !== undefined) return validateByFunction(validate, input);
  if (validationSchema === undefined) return { values: input };
  return validateBySchema(validationSchema, input, validationOptions);
}

function validateByFunction(
  validate: NonNullable<EnvironmentOptions['validate']>,
  input: Variables,
): ValidatedVariables | Promise<ValidatedVariables> {
  const resultOf = (values: unknown): ValidatedVariables =>
    typeof values === 'object' && values !== null
      ? { values: values as Variables }
      : { issues: [{ path: [], message: NOT_AN_OBJECT }], message: NOT_AN_OBJECT };
  try {
    const values: unknown = validate({ ...input });
    return values instanceof Promise
      ? values.then(resultOf, (error: unknown) => invalidByError(error, input))
      : resultOf(values);
  } catch (error) {
    return invalidByError(error, input);
  }
}

async function validateBySchema(
  schema: StandardSchemaV1,
  input: Variables,
  options: EnvironmentOptions['validationOptions'],
): Promise<ValidatedVariables> {
  const { vendor, validate } = schema['~standard'];
  const schemaOptions =
    vendor === 'joi'
      ? { ...options, libraryOptions: { ...JOI_OPTIONS, ...options?.libraryOptions } }
      : options;
  try {
    const result = await validate({ ...input }, schemaOptions);
    if (result.issues) return invalidByIssues(result.issues, input);
    // Variables that a schema does not declare are kept, although zod omits them.
    return { values: { ...input, ...(result.value as Variables) } };
  } catch (error) {
    return invalidByError(error, input);
  }
}

function invalidByError(error: unknown, input: Variables): ValidatedVariables {
  return { issues: issuesOfThrown(error, input), message: redactCredentials(reasonOf(error)), cause: error };
}

function invalidByIssues(found: readonly StandardSchemaV1.Issue[], input: Variables): ValidatedVariables {
  const issues = pathIssuesOf(found, input, isSecretPath);
  const lines = found.map(({ message, path = [] }) => {
    const keys = path.map((step) => String(typeof step === 'object' ? step.key : step));
    const repeatsSecret = isSecretPath(keys) && repeatsValue(message, valueAt(input, keys));
    const safeMessage = repeatsSecret ? 'is not valid' : message;
    return keys.length === 0 ? safeMessage : `${keys.join('.')}: ${safeMessage}`;
  });
  return { issues, message: redactCredentials(`Config validation error: ${lines.join('\n')}`) };
}
