import { sep } from 'node:path';

/** Checks whether an absolute path is in a directory, at any depth. No link is followed. */
export function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`);
}

/** Checks whether an absolute path is a directory itself, or is in it. No link is followed. */
export function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || isBelow(path, directory);
}
