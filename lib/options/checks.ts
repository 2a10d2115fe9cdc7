import { types } from 'node:util';
import { checkChoice, checkCount, checkDelay, checkList, invalidOption } from './check-option.js';
import { durationMs } from './duration.js';

/**
 * Looks at the value of an option. `whose` is said where it is not the module's.
 *
 * @throws ConfigOptionsError where it makes no sense
 */
export type Check = (value: unknown, name: string, whose: string) => void;

export const anything: Check = () => undefined;
export const text = must('a text', isText);
export const flag = must('true or false', (value) => typeof value === 'boolean');
export const func = must('a function', isFunction);
export const amount = must('a number', (value) => typeof value === 'number' && !Number.isNaN(value));
export const delay: Check = (value, name) => void checkDelay(name, value as number);
export const count: Check = (value, name) => void checkCount(name, value as number);
export const duration: Check = (value, name) => void durationMs(name, value);

/** `wanted` says what the value has to be, and `fits` whether it is. */
export function must(wanted: string, fits: (value: unknown) => boolean): Check {
  return (value, name) => {
    if (!fits(value)) throw invalidOption(name, wanted, value);
  };
}

export function oneOf(...choices: readonly string[]): Check {
  return (value, name) => checkChoice(name, value, choices);
}

/** `wanted` says what the members have to be. */
export function listOf(wanted: string, isMember: (member: unknown) => boolean): Check {
  return (value, name) => checkList(name, value, wanted, isMember);
}

/** One of these values as it is, or what the check wants. */
export function either(values: readonly unknown[], check: Check): Check {
  return (value, name, whose) => {
    if (!values.includes(value)) check(value, name, whose);
  };
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isFunction(value: unknown): value is object {
  return typeof value === 'function';
}

/** Whoever runs code in a context of its own, as test runners do, has other classes of the same names. */
export function isPattern(value: unknown): boolean {
  return isText(value) || types.isRegExp(value);
}

/** What `file()` and its like make, or somebody wrote. */
export function isSource(value: unknown): boolean {
  return has(value, 'load', 'function') && has(value, 'name', 'string');
}

/** Whether an object or a function has a member of that type. */
export function has(value: unknown, key: string, type: 'function' | 'string'): boolean {
  const isObject = (typeof value === 'object' && value !== null) || isFunction(value);
  return isObject && typeof Reflect.get(value, key) === type;
}
