import { formatPath } from '../model/paths.js';

/** Returns the name of a value for a message; of a deep one, the path is cut. */
export function nameOf(path: readonly string[]): string {
  if (path.length === 0) return 'the content';
  return path.length <= 8 ? formatPath(path) : `${formatPath(path.slice(0, 8))}…`;
}

/** Returns characters of a text for a message, cut after 60. */
export function shortened(content: string): string {
  return content.length > 60 ? `${content.slice(0, 57)}…` : content;
}
