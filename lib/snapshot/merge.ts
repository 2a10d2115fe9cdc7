import { isObjectBranch } from './branches.js';
import type { ConfigTree } from './config-tree.js';

/**
 * Merges the trees of all layers; a later one wins. Objects merge key by key, everything else (arrays too) replaces.
 * Neither input is mutated; what only one layer says is shared with it, not copied.
 */
export function merge(trees: readonly ConfigTree[]): ConfigTree {
  return trees.reduce((below, above) => mergeTwo(below, above), {});
}

function mergeTwo(below: ConfigTree, above: ConfigTree): ConfigTree {
  const merged: ConfigTree = { ...below };
  for (const key of Object.keys(above)) {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    const over = above[key];
    merged[key] =
      isObjectBranch(under) && isObjectBranch(over)
        ? mergeTwo(under as ConfigTree, over as ConfigTree)
        : over;
  }
  return merged;
}
