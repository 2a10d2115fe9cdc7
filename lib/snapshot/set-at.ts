import { isObjectBranch } from '../util/branches.js';
import type { ConfigTree, ConfigValue } from '../model/config-tree.js';

/**
 * `tree` with `value` at `path`: a copy along the path, shared elsewhere. What stands on the way and is no object gives
 * way; undefined removes.
 */
export function setAt(
  tree: ConfigTree,
  [key, ...below]: readonly string[],
  value: ConfigValue | undefined,
): ConfigTree {
  if (key === undefined) return tree;
  const { [key]: member, ...others } = tree;
  if (below.length > 0) {
    const branch = isObjectBranch(member) ? (member as ConfigTree) : {};
    return { ...others, [key]: setAt(branch, below, value) };
  }
  return value === undefined ? others : { ...others, [key]: value };
}
