import type { ConfigValue } from '../../model/config-tree.js';

type Members = Record<string, ConfigValue>;

/**
 * Puts a value into a tree that was parsed just now, lists included; undefined removes it from an object. The tree is
 * changed; only where its root is replaced, another one is given back. Where the way does not exist, nothing happens.
 */
export function putAt(tree: ConfigValue, path: readonly string[], value: ConfigValue): ConfigValue {
  const last = path.at(-1);
  if (last === undefined) return value;
  let parent: unknown = tree;
  for (const key of path.slice(0, -1)) parent = isParent(parent, key) ? (parent as Members)[key] : undefined;
  if (!isParent(parent, last)) return tree;
  if (value === undefined && !Array.isArray(parent)) delete (parent as Members)[last];
  else Object.defineProperty(parent, last, { value, enumerable: true, writable: true, configurable: true });
  return tree;
}

/** Whether a key stands in a value; one that it does not have itself is never followed (`__proto__`). */
function isParent(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}
