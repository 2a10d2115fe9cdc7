import { formatPath } from '../model/paths.js';

/** Returns the name of a value for a message; a deep or long one is cut. */
export function nameOf(path: readonly string[]): string {
  if (path.length === 0) return 'the content';
  const name = formatPath(path.slice(0, 8));
  if (name.length > MAX_NAME) return `${name.slice(0, MAX_NAME - 1)}…`;
  return path.length <= 8 ? name : `${name}…`;
}

/** Longest name in a message: a key may be as long as its file. */
const MAX_NAME = 200;

/**
 * Longest value that a message quotes, in characters. A longer one is not quoted at all: a part of a secret that was pasted
 * to the wrong place would not be found by the code that hides secrets in messages.
 */
export const MAX_QUOTED = 60;

/** Returns a key for a message, cut after 60 characters. */
export function shortened(key: string): string {
  return key.length > 60 ? `${key.slice(0, 57)}…` : key;
}
