import { describeValue } from '../secrets/secret-names.js';
import { ConfigOptionsError } from '../errors/config.errors.js';

/** The longest wait that setTimeout knows, in ms: anything above fires at once, and again and again. */
export const LONGEST_DELAY = 2 ** 31 - 1;

/** @throws ConfigOptionsError where an option is no time in ms that a timer can wait for. */
export function checkDelay(name: string, ms: number): number {
  if (typeof ms === 'number' && ms >= 0 && ms <= LONGEST_DELAY) return ms;
  throw invalidOption(name, 'milliseconds from 0', ms);
}

/** @throws ConfigOptionsError where an option is given, and is no list of what `isMember` takes: `wanted` says what that is. */
export function checkList(
  name: string,
  list: unknown,
  wanted: string,
  isMember: (member: unknown) => boolean,
): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) throw invalidOption(name, `a list of ${wanted}`, list);
  const at = list.findIndex((member) => !isMember(member));
  if (at !== -1) throw invalidOption(name, `a list of ${wanted}`, list[at], ` at ${at}`);
}

/** @throws ConfigOptionsError where an option is given, and is none of `choices`. */
export function checkChoice(name: string, choice: unknown, choices: readonly string[]): void {
  if (choice === undefined || choices.includes(choice as string)) return;
  throw invalidOption(name, choices.map((each) => `"${each}"`).join(' or '), choice);
}

/** @throws ConfigOptionsError where an option is no count of at least 1. Infinity is one. */
export function checkCount(name: string, count: number): number {
  if (count === Infinity || (Number.isSafeInteger(count) && count >= 1)) return count;
  throw invalidOption(name, 'a count from 1', count);
}

/** What an option that does not fit is told by. Of what is no plain value its kind is enough. */
export function invalidOption(name: string, wanted: string, given: unknown, where = ''): ConfigOptionsError {
  return new ConfigOptionsError(
    `The option "${name}" must be ${wanted}, but is ${describeValue([], given)}${where}`,
  );
}
