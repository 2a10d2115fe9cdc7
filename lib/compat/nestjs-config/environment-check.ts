import type { StandardSchemaV1 } from '@standard-schema/spec';
import { reasonOf } from '../../util/reason-of.js';
import { redactCredentials, isSecretPath } from '../../secrets/secret-names.js';
import { issuesOfThrown } from '../../validation/function-schema.js';
import { pathIssuesOf } from '../../validation/standard-schema.js';
import type { PathIssue } from '../../validation/validator.interface.js';
import type { EnvironmentOptions } from './environment-options.interface.js';
import type { Variables } from './variables.js';

/** What `validate` or `validationSchema` made of the variables; or what is wrong with them. */
export type CheckedVariables =
  | { readonly values: Variables; readonly issues?: undefined }
  | {
      readonly issues: readonly PathIssue[];
      /** All of it as one text, as `@nestjs/config` puts it. */
      readonly message: string;
      readonly cause?: unknown;
    };

/** As `@nestjs/config` has it: of the environment, a schema knows a part only. */
const JOI_OPTIONS = { abortEarly: false, allowUnknown: true };

const NO_OBJECT = 'validate() gave no object; it must give the variables, or throw';

/** Whether anything is said of how variables must be. */
export function isChecked({ validate, validationSchema }: EnvironmentOptions): boolean {
  return validate !== undefined || validationSchema !== undefined;
}

/**
 * Checks variables as the options say: by `validate`, else against `validationSchema`. At once where that can be: what
 * comes after `forRoot()` in the same file may read `process.env`.
 */
export function checkVariables(
  input: Variables,
  { validate, validationSchema, validationOptions }: EnvironmentOptions,
): CheckedVariables | Promise<CheckedVariables> {
  if (validate !== undefined) return checkedBy(validate, input);
  if (validationSchema === undefined) return { values: input };
  return checkedAgainst(validationSchema, input, validationOptions);
}

function checkedBy(
  validate: NonNullable<EnvironmentOptions['validate']>,
  input: Variables,
): CheckedVariables | Promise<CheckedVariables> {
  const read = (values: unknown): CheckedVariables =>
    typeof values === 'object' && values !== null
      ? { values: values as Variables }
      : { issues: [{ path: [], message: NO_OBJECT }], message: NO_OBJECT };
  try {
    const values: unknown = validate({ ...input });
    return values instanceof Promise
      ? values.then(read, (error: unknown) => refused(error, input))
      : read(values);
  } catch (error) {
    return refused(error, input);
  }
}

async function checkedAgainst(
  schema: StandardSchemaV1,
  input: Variables,
  options: EnvironmentOptions['validationOptions'],
): Promise<CheckedVariables> {
  const { vendor, validate } = schema['~standard'];
  const given =
    vendor === 'joi'
      ? { ...options, libraryOptions: { ...JOI_OPTIONS, ...options?.libraryOptions } }
      : options;
  try {
    const result = await validate({ ...input }, given);
    if (result.issues) return invalid(result.issues, input);
    // What a schema does not declare (zod leaves it out) is there all the same.
    return { values: { ...input, ...(result.value as Variables) } };
  } catch (error) {
    return refused(error, input);
  }
}

function refused(error: unknown, input: Variables): CheckedVariables {
  return { issues: issuesOfThrown(error, input), message: redactCredentials(reasonOf(error)), cause: error };
}

function invalid(found: readonly StandardSchemaV1.Issue[], input: Variables): CheckedVariables {
  const issues = pathIssuesOf(found, input, isSecretPath);
  const lines = found.map(({ message, path = [] }, at) => {
    const place = path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
    const isHidden = issues[at]?.message.endsWith('(was hidden)') ?? true;
    const said = isHidden ? 'is not valid' : message;
    return place === '' ? said : `${place}: ${said}`;
  });
  return { issues, message: redactCredentials(`Config validation error: ${lines.join('\n')}`) };
}
