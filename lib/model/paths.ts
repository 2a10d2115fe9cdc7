import { isBranch, isMarkedOpaque, isObjectBranch, isPlainObject } from '../util/branches.js';
import type { ConfigTree, ConfigValue } from './config-tree.js';

// Converts paths as people write them (`servers.0.port`, `modules['npc.dialogue']`) to lists of keys and back.
// `tryParsePath(formatPath(keys))` returns `keys`.

const PLAIN_KEY = /^[^.[\]'"\s*]+$/;

/** Returns the path of `keys`, with quotes only around keys that need them. */
export function formatPath(keys: readonly string[]): string {
  let path = '';
  for (const key of keys) path = joinPath(path, key);
  return path;
}

/** Returns the path of `key` below `path`. */
export function joinPath(path: string, key: string): string {
  if (PLAIN_KEY.test(key)) return path === '' ? key : `${path}.${key}`;
  return `${path}['${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`;
}

const BRACKETED = /\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\]'"]*))\]/y;
const PLAIN = /[^.[\]]+/y;

/** One key of a path, as it is written. */
export interface PathStep {
  readonly key: string;
  /** `true` if it is written without brackets: a dot beside it may be part of a longer key. */
  readonly isPlain: boolean;
}

/**
 * Returns the keys of `path`; undefined if it is not well formed (an unclosed bracket, an empty key).
 * Besides dots it accepts `a[0]` and `a["b.c"]`, as `@nestjs/config` does.
 */
export function tryParsePath(path: string): string[] | undefined {
  if (path.includes('[')) return parseSteps(path)?.map(({ key }) => key);
  const keys = path.split('.');
  return keys.includes('') ? undefined : keys;
}

/** Returns the keys of `path` with how they are written; undefined if it is not well formed. */
export function parseSteps(path: string): PathStep[] | undefined {
  const steps: PathStep[] = [];
  let at = 0;
  while (at < path.length) {
    if (path[at] === '[') {
      BRACKETED.lastIndex = at;
      const match = BRACKETED.exec(path);
      if (match === null || match[3] === '') return undefined;
      steps.push({
        key: match[3] ?? (match[1] ?? match[2])!.replace(/\\(.)/g, '$1'),
        isPlain: false,
      });
      at = BRACKETED.lastIndex;
    } else {
      if (at > 0 && path[at] === '.') at += 1;
      PLAIN.lastIndex = at;
      const match = PLAIN.exec(path);
      if (match === null) return undefined;
      steps.push({ key: match[0], isPlain: true });
      at = PLAIN.lastIndex;
    }
  }
  return steps;
}

/** Returns the keys of `path`. A string that is not a well-formed path counts as one key. */
export function parsePathOrKey(path: string): readonly string[] {
  return tryParsePath(path) ?? [path];
}

/** Checks whether `path` is `above` or below it. */
export function isWithin(path: readonly string[], above: readonly string[]): boolean {
  return above.length <= path.length && above.every((key, index) => path[index] === key);
}

/** Returns the value at `keys` in `tree`; undefined if the path ends early, for example at a Date. */
export function valueAt(tree: unknown, keys: readonly string[]): unknown {
  let value = tree;
  for (const key of keys) {
    if (!isBranch(value) && !isMarkedOpaque(value)) return undefined;
    if (!hasKey(value as object, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/**
 * Returns `tree` with `value` at `keys`: copied along the path, shared elsewhere. Anything but an object on the path is
 * replaced; undefined removes.
 */
export function withValueAt(
  tree: ConfigTree,
  [key, ...below]: readonly string[],
  value: ConfigValue | undefined,
): ConfigTree {
  if (key === undefined) return tree;
  const { [key]: member, ...others } = tree;
  if (below.length > 0) {
    const branch = isObjectBranch(member) ? (member as ConfigTree) : {};
    return { ...others, [key]: withValueAt(branch, below, value) };
  }
  return value === undefined ? others : { ...others, [key]: value };
}

/** Accepts own properties and accessors of a schema class, but nothing that all objects inherit (`toString`). */
function hasKey(target: object, key: string): boolean {
  if (Object.hasOwn(target, key)) return true;
  if (Array.isArray(target) || isPlainObject(target)) return false;
  let type: object = target;
  for (let above = Object.getPrototypeOf(type); above !== null; above = Object.getPrototypeOf(above)) {
    if (Object.hasOwn(type, key)) return Object.getOwnPropertyDescriptor(type, key)?.get !== undefined;
    type = above;
  }
  return false; // only Object.prototype is left
}
