import type { StandardSchemaV1 } from '@standard-schema/spec';
import { boundedIssues } from '../../util/bounded.js';
import { reasonOf } from '../../util/reason-of.js';
import { isSecretPath } from '../../secrets/secret-names.js';
import { valueAt } from '../../model/paths.js';
import { repeatsValue } from '../../validation/issue-message.js';
import { keysOf, pathIssuesOf } from '../../validation/standard-schema.js';
import { listedIssues } from '../../validation/thrown-issues.js';
import type { PathIssue } from '../../validation/validator.interface.js';
import type { PredefinedEnv, Variables } from './combine-variables.js';
import type { EnvironmentOptions } from './environment-options.js';
import { issuesByName } from './named-variables.js';
import { standardSchemaOf } from './standard-schema-of.js';

/** Result of `validate` or `validationSchema`: the variables, or what is wrong with them. */
export type ValidatedEnv =
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

/** Decides which variables are validated, and which of them become part of the configuration. */
export class EnvValidation {
  /** The last valid input: the same input is not validated twice. */
  #valid:
    { readonly input: string; readonly validated: ValidatedEnv; readonly returnsAll: boolean } | undefined;

  constructor(readonly options: EnvironmentOptions) {}

  /** Validates variables as the options require. Synchronous if possible. */
  validate(variables: Variables, predefined: PredefinedEnv): ValidatedEnv | Promise<ValidatedEnv> {
    const variablesToValidate = this.#inputOf(variables, predefined);
    const input = JSON.stringify(variablesToValidate);
    if (this.#valid?.input === input) return this.#valid.validated;
    const validated = validateVariables(variablesToValidate, this.options);
    return validated instanceof Promise
      ? validated.then((result) => this.#remember(input, result, predefined))
      : this.#remember(input, validated, predefined);
  }

  /** `true` if the validation returns the whole environment: then all of it counts as validated. */
  get returnsEnvironment(): boolean {
    return this.#valid?.returnsAll ?? false;
  }

  /**
   * Selects the variables that become part of the configuration: those of files; and of the environment, those that the
   * validation declares, gives a default or converts, and those with the name of a line of a file. All other variables are
   * read from the environment and not stored.
   *
   * @param named names that the files have or had
   */
  configurationOf(
    variables: Variables,
    validated: Variables,
    predefined: PredefinedEnv,
    named: ReadonlySet<string>,
  ): Variables {
    const { override } = this.options;
    const declaresAll = !returnsEverything(validated, predefined);
    const selected = Object.entries(validated).filter(([name, value]) => {
      if (value === undefined) return false;
      if (!(name in predefined) || value !== predefined[name] || named.has(name)) return true;
      return isValidated(this.options) && (declaresAll || (override === true && name in variables));
    });
    return { ...this.#readWith(named, validated, predefined), ...Object.fromEntries(selected) };
  }

  /** `true` if the files count for `get()`, although the environment has the variable: only that of the files is validated. */
  get readsFiles(): boolean {
    return isValidated(this.options) && !this.#validatesEnvironment;
  }

  /** Returns the variables with these names that `get()` reads from the environment, because they are not validated. */
  #readWith(names: ReadonlySet<string>, validated: Variables, predefined: PredefinedEnv): Variables {
    if (this.options.skipProcessEnv) return {};
    return pick(
      predefined,
      [...names].filter((name) => !(name in validated)),
    );
  }

  #remember(input: string, validated: ValidatedEnv, predefined: PredefinedEnv): ValidatedEnv {
    if (validated.issues !== undefined) return validated;
    const returnsAll = this.#validatesEnvironment && returnsEverything(validated.values, predefined);
    this.#valid = { input, validated, returnsAll };
    return validated;
  }

  get #validatesEnvironment(): boolean {
    const { ignoreEnvVars, validatePredefined } = this.options;
    return isValidated(this.options) && !ignoreEnvVars && validatePredefined !== false;
  }

  #inputOf(variables: Variables, predefined: PredefinedEnv): Variables {
    const { override } = this.options;
    if (!isValidated(this.options)) {
      return override ? variables : { ...variables, ...pick(predefined, Object.keys(variables)) };
    }
    if (!this.#validatesEnvironment) return variables;
    return override ? { ...predefined, ...variables } : { ...variables, ...predefined };
  }
}

/** Checks whether a validation returns the whole environment: then its result does not show what it declares. */
function returnsEverything(validated: Variables, predefined: PredefinedEnv): boolean {
  return Object.keys(predefined).every((name) => name in validated);
}

function pick(predefined: PredefinedEnv, names: readonly string[]): Variables {
  return Object.fromEntries(names.flatMap((name) => (name in predefined ? [[name, predefined[name]]] : [])));
}

/**
 * Validates variables by `validate`, else against `validationSchema`. Synchronous if possible: code that follows
 * `forRoot()` in the same file may read `process.env`.
 */
function validateVariables(
  input: Variables,
  { validate, validationSchema, validationOptions }: EnvironmentOptions,
): ValidatedEnv | Promise<ValidatedEnv> {
  if (validate !== undefined) return validateByFunction(validate, input);
  if (validationSchema === undefined) return { values: input };
  return validateBySchema(standardSchemaOf(validationSchema), input, validationOptions);
}

function validateByFunction(
  validate: NonNullable<EnvironmentOptions['validate']>,
  input: Variables,
): ValidatedEnv | Promise<ValidatedEnv> {
  const resultOf = (values: unknown): ValidatedEnv =>
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

function validateBySchema(
  schema: StandardSchemaV1,
  input: Variables,
  options: EnvironmentOptions['validationOptions'],
): ValidatedEnv | Promise<ValidatedEnv> {
  const { vendor, validate } = schema['~standard'];
  // For `@nestjs/config` 4, the options are Joi's own; for 12, these are in `libraryOptions`.
  const { libraryOptions, ...joiOptions } = options ?? {};
  const schemaOptions =
    vendor === 'joi' ? { libraryOptions: { ...JOI_OPTIONS, ...joiOptions, ...libraryOptions } } : options;
  const resultOf = (result: StandardSchemaV1.Result<unknown>): ValidatedEnv =>
    result.issues
      ? invalidByIssues(result.issues, input)
      : // Variables that a schema does not declare are kept, although zod omits them.
        { values: { ...input, ...(result.value as Variables) } };
  try {
    const result = validate({ ...input }, schemaOptions);
    return result instanceof Promise
      ? result.then(resultOf).catch((error: unknown) => invalidByError(error, input))
      : resultOf(result);
  } catch (error) {
    return invalidByError(error, input);
  }
}

function invalidByError(error: unknown, input: Variables): ValidatedEnv {
  const reason = reasonOf(error);
  const listed = listedIssues(error);
  const issues =
    listed === undefined
      ? issuesByName(reason, new Set(Object.keys(input)))
      : pathIssuesOf(listed, input, isSecretPath);
  // A list of errors that is thrown has no message of its own.
  const message = Array.isArray(error) ? issues.map((issue) => issue.message).join('\n') : reason;
  return { issues, message, cause: error };
}

function invalidByIssues(all: readonly StandardSchemaV1.Issue[], input: Variables): ValidatedEnv {
  const found = boundedIssues(all, (message) => ({ message }));
  const issues = pathIssuesOf(found, input, isSecretPath);
  const lines = found.map((issue) => {
    const { message } = issue;
    const keys = keysOf(issue);
    const repeatsSecret = isSecretPath(keys) && repeatsValue(message, valueAt(input, keys));
    const safeMessage = repeatsSecret ? 'is not valid' : message;
    return keys.length === 0 ? safeMessage : `${keys.join('.')}: ${safeMessage}`;
  });
  return { issues, message: `Config validation error: ${lines.join('\n')}` };
}
