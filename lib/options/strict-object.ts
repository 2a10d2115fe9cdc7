import { closestName } from '../util/did-you-mean.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { describeValue } from '../secrets/describe-value.js';
import { type Check, invalidOption } from './checks.js';

/** A check for each option. */
export type Checks<T extends object> = { readonly [Name in keyof T]-?: Check };

/**
 * Accepts an object of options: all `required` ones are there, each one passes its check, and there are no unknown ones.
 * A misspelled option must not be ignored: an override would never end, a secret would be shown.
 */
export function strictObject<T extends object>(
  checks: Checks<T>,
  required: readonly (keyof T & string)[] = [],
): Check {
  return (options, name, owner) => {
    if (typeof options !== 'object' || options === null || Array.isArray(options))
      throw notAnObject(options, name, owner);
    const missing = required.find((key) => (options as T)[key] === undefined);
    if (missing !== undefined)
      throw new ConfigOptionsError(`The option "${within(name, missing)}"${of(owner)} is missing`);
    for (const [key, value] of Object.entries(options)) {
      if (!Object.hasOwn(checks, key)) throw unknownOption(key, Object.keys(checks), name, owner);
      if (value !== undefined)
        (checks as Readonly<Record<string, Check>>)[key]!(value, within(name, key), owner);
    }
  };
}

function notAnObject(options: unknown, name: string, owner: string): ConfigOptionsError {
  if (name !== '') return invalidOption(name, 'an object', options);
  return new ConfigOptionsError(
    `The options${of(owner)} must be an object, but are ${describeValue([], options)}`,
  );
}

function unknownOption(
  key: string,
  names: readonly string[],
  name: string,
  owner: string,
): ConfigOptionsError {
  const closest = closestName(key, names);
  const hint =
    closest === undefined
      ? `the options are ${names.join(', ')}`
      : `did you mean "${within(name, closest)}"?`;
  return new ConfigOptionsError(`Unknown option "${within(name, key)}"${of(owner)}; ${hint}`);
}

function within(name: string, key: string): string {
  return name === '' ? key : `${name}.${key}`;
}

function of(owner: string): string {
  return owner === '' ? '' : ` of ${owner}`;
}
