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

/** Returns characters of a text for a message, cut after 60. */
export function shortened(content: string): string {
  return content.length > 60 ? `${content.slice(0, 57)}…` : content;
}
