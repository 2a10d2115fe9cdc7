import { getOwn, isPlainObject, setOwn } from '../util/branches.js';
import type { ConfigTree } from '../model/config-tree.js';

/**
 * Merges the trees of all layers; a later layer wins. Objects merge key by key; everything else, arrays too, replaces.
 * Undefined changes nothing. No input is mutated; what only one layer contains is shared with it, not copied.
 */
export function merge(trees: readonly ConfigTree[]): ConfigTree {
  const merged: ConfigTree = {};
  const created = new Set<object>();
  for (const tree of trees) mergeInto(merged, tree, created);
  return merged;
}

/**
 * Merges a tree into another one. Objects of the inputs are copied first, once: with a copy for each layer, the time would
 * grow with the square of the number of layers.
 *
 * @param created the objects that this merge has created
 */
function mergeInto(below: ConfigTree, above: ConfigTree, created: Set<object>): void {
  for (const key of Object.keys(above)) {
    const over = above[key];
    if (over === undefined) continue;
    const under = getOwn(below, key);
    if (!isPlainObject(under) || !isPlainObject(over)) {
      setOwn(below, key, over);
      continue;
    }
    const isCreated = created.has(under);
    const own = (isCreated ? under : { ...under }) as ConfigTree;
    created.add(own);
    mergeInto(own, over as ConfigTree, created);
    if (!isCreated) setOwn(below, key, own);
  }
}
