import { isBranch, isMarkedOpaque, isPlainObject } from '../util/branches.js';

/**
 * Paths as people write them (`servers.0.port`, `modules['npc.dialogue']`) and as code walks them (lists of keys).
 * Both directions agree: `parsePath(formatPath(keys))` is `keys`.
 */

const PLAIN_KEY = /^[^.[\]'"\s*]+$/;

/** The path of `keys`, with quotes only around keys that would not survive without. */
export function formatPath(keys: readonly string[]): string {
  let path = '';
  for (const key of keys) path = joinPath(path, key);
  return path;
}

/** The path of `key` below `path`. */
export function joinPath(path: string, key: string): string {
  if (PLAIN_KEY.test(key)) return path === '' ? key : `${path}.${key}`;
  return `${path}['${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`;
}

const BRACKETED = /\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\]'"]*))\]/y;
const PLAIN = /[^.[\]]+/y;

/**
 * The keys of `path`; undefined where it is not well formed (an unclosed bracket, an empty key).
 * Besides dots it knows `a[0]` and `a["b.c"]`, as `@nestjs/config` does.
 */
export function tryParsePath(path: string): string[] | undefined {
  if (!path.includes('[')) {
    const keys = path.split('.');
    return keys.includes('') ? undefined : keys;
  }
  const keys: string[] = [];
  let at = 0;
  while (at < path.length) {
    if (path[at] === '[') {
      BRACKETED.lastIndex = at;
      const match = BRACKETED.exec(path);
      if (match === null || match[3] === '') return undefined;
      keys.push(match[3] ?? (match[1] ?? match[2])!.replace(/\\(.)/g, '$1'));
      at = BRACKETED.lastIndex;
    } else {
      if (at > 0 && path[at] === '.') at += 1;
      PLAIN.lastIndex = at;
      const match = PLAIN.exec(path);
      if (match === null) return undefined;
      keys.push(match[0]);
      at = PLAIN.lastIndex;
    }
  }
  return keys;
}

/** Returns the keys of `path`. A string that is not a well-formed path counts as one key. */
export function parsePathOrKey(path: string): readonly string[] {
  return tryParsePath(path) ?? [path];
}

/** Whether a path is `above`, or leads on from there. */
export function isWithin(path: readonly string[], above: readonly string[]): boolean {
  return above.length <= path.length && above.every((key, index) => path[index] === key);
}

/** The value at `keys` below `tree`; undefined where the way ends, which it does at what is one value as a whole. */
export function valueAt(tree: unknown, keys: readonly string[]): unknown {
  let value = tree;
  for (const key of keys) {
    if (!isBranch(value) && !isMarkedOpaque(value)) return undefined;
    if (!hasKey(value as object, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Own properties, and accessors of a schema class; never what every object inherits (`constructor`, `toString`). */
function hasKey(target: object, key: string): boolean {
  if (Object.hasOwn(target, key)) return true;
  if (Array.isArray(target) || isPlainObject(target)) return false;
  let type: object = target;
  for (let above = Object.getPrototypeOf(type); above !== null; above = Object.getPrototypeOf(above)) {
    if (Object.hasOwn(type, key)) return Object.getOwnPropertyDescriptor(type, key)?.get !== undefined;
    type = above;
  }
  return false; // what is left is Object.prototype
}
