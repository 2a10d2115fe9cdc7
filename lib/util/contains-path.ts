import { isAbsolute, relative, sep } from 'node:path';

/** Checks whether `path` is `folder`, or below it. Both are absolute. */
export function contains(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
