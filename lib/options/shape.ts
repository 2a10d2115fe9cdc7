import { invalidOption } from './check-option.js';
import { closestName } from '../util/closest-name.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { describeValue } from '../secrets/secret-names.js';
import type { Check } from './checks.js';

/** A check for each of the options there are. */
export type Checks<T extends object> = { readonly [Name in keyof T]-?: Check };

/**
 * Checks an object of options: each of them, that those are there that must be, and that there are no others. An option
 * that is misspelled would be none at all: what was to end would last, what was to be secret would be shown.
 */
export function shape<T extends object>(
  checks: Checks<T>,
  needed: readonly (keyof T & string)[] = [],
): Check {
  return (options, name, whose) => {
    if (typeof options !== 'object' || options === null || Array.isArray(options))
      throw notAnObject(options, name, whose);
    const missing = needed.find((wanted) => (options as T)[wanted] === undefined);
    if (missing !== undefined)
      throw new ConfigOptionsError(`The option "${within(name, missing)}"${of(whose)} is missing`);
    for (const [key, value] of Object.entries(options)) {
      if (!Object.hasOwn(checks, key)) throw unknown(key, Object.keys(checks), name, whose);
      if (value !== undefined)
        (checks as Readonly<Record<string, Check>>)[key]!(value, within(name, key), whose);
    }
  };
}

function notAnObject(options: unknown, name: string, whose: string): ConfigOptionsError {
  if (name !== '') return invalidOption(name, 'an object', options);
  return new ConfigOptionsError(
    `The options${of(whose)} must be an object, but are ${describeValue([], options)}`,
  );
}

function unknown(key: string, names: readonly string[], name: string, whose: string): ConfigOptionsError {
  const meant = closestName(key, names);
  const hint =
    meant === undefined ? `there are ${names.join(', ')}` : `did you mean "${within(name, meant)}"?`;
  return new ConfigOptionsError(`There is no option "${within(name, key)}"${of(whose)}; ${hint}`);
}

function within(name: string, key: string): string {
  return name === '' ? key : `${name}.${key}`;
}

function of(whose: string): string {
  return whose === '' ? '' : ` of ${whose}`;
}
