import { types } from 'node:util';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { describeValue } from '../secrets/describe-value.js';
import { durationMs, LONGEST_DELAY } from './duration.js';

/**
 * Checks the value of the option `name`. `owner` is the function that has the option, for example `rollback()`; it is
 * empty for options of the module.
 *
 * @throws ConfigOptionsError if the value is not valid
 */
export type Check = (value: unknown, name: string, owner: string) => void;

export const anyValue: Check = () => undefined;
export const string = custom('a string', isString);
export const boolean = custom('true or false', (value) => typeof value === 'boolean');
export const func = custom('a function', isFunction);
export const number = custom('a number', (value) => typeof value === 'number' && !Number.isNaN(value));
export const delay: Check = (value, name) => void checkDelay(name, value as number);
export const count: Check = (value, name) => void checkCount(name, value as number);
export const duration: Check = (value, name) => void durationMs(name, value);

/** Accepts what `isValid` accepts. `expected` describes that in an error, for example `a string`. */
export function custom(expected: string, isValid: (value: unknown) => boolean): Check {
  return (value, name) => {
    if (!isValid(value)) throw invalidOption(name, expected, value);
  };
}

export function oneOf(...choices: readonly string[]): Check {
  const expected = choices.map((choice) => `"${choice}"`).join(' or ');
  return custom(expected, (value) => choices.includes(value as string));
}

/** Accepts an array of elements that `isElement` accepts. `elements` describes them in an error, for example `paths`. */
export function arrayOf(elements: string, isElement: (element: unknown) => boolean): Check {
  const expected = `a list of ${elements}`;
  return (value, name) => {
    if (!Array.isArray(value)) throw invalidOption(name, expected, value);
    const index = value.findIndex((element) => !isElement(element));
    if (index !== -1) throw invalidOption(name, expected, value[index], ` at index ${index}`);
  };
}

/** Accepts one of `literals`, and what `check` accepts. */
export function literalOr(literals: readonly unknown[], check: Check): Check {
  return (value, name, owner) => {
    if (!literals.includes(value)) check(value, name, owner);
  };
}

/** @throws ConfigOptionsError if `ms` is not a time that a timer can wait for */
export function checkDelay(name: string, ms: number): number {
  if (typeof ms === 'number' && ms >= 0 && ms <= LONGEST_DELAY) return ms;
  throw invalidOption(name, 'a number of milliseconds (0 or more)', ms);
}

/** @throws ConfigOptionsError if `count` is neither an integer of at least 1 nor Infinity */
export function checkCount(name: string, count: number): number {
  if (count === Infinity || (Number.isSafeInteger(count) && count >= 1)) return count;
  throw invalidOption(name, 'an integer of at least 1', count);
}

export function invalidOption(
  name: string,
  expected: string,
  value: unknown,
  position = '',
): ConfigOptionsError {
  return new ConfigOptionsError(
    `The option "${name}" must be ${expected}, but is ${describeValue([], value)}${position}`,
  );
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isFunction(value: unknown): value is object {
  return typeof value === 'function';
}

/** Not by `instanceof`: code in another realm, as in some test runners, has its own `RegExp` class. */
export function isPattern(value: unknown): boolean {
  return isString(value) || types.isRegExp(value);
}

export function isSource(value: unknown): boolean {
  return hasMember(value, 'load', 'function') && hasMember(value, 'name', 'string');
}

/** Checks whether an object or a function has a member of that type. */
export function hasMember(value: unknown, key: string, type: 'function' | 'string'): boolean {
  const isObject = (typeof value === 'object' && value !== null) || isFunction(value);
  return isObject && typeof Reflect.get(value, key) === type;
}
