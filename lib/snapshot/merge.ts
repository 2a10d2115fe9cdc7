import { getOwn, isPlainObject, setOwn } from '../util/branches.js';
import type { ConfigTree } from '../model/config-tree.js';

/**
 * Merges the trees of all layers; a later layer wins. Objects merge key by key; everything else, arrays too, replaces.
 * Undefined changes nothing. No input is mutated; what only one layer contains is shared with it, not copied.
 */
export function merge(trees: readonly ConfigTree[]): ConfigTree {
  return trees.reduce(mergeTwo, {});
}

function mergeTwo(below: ConfigTree, above: ConfigTree): ConfigTree {
  const merged: ConfigTree = { ...below };
  for (const key of Object.keys(above)) {
    const over = above[key];
    if (over === undefined) continue;
    const under = getOwn(below, key);
    const isMergeable = isPlainObject(under) && isPlainObject(over);
    setOwn(merged, key, isMergeable ? mergeTwo(under as ConfigTree, over as ConfigTree) : over);
  }
  return merged;
}
