import { ConfigSourceError } from '../errors/config.errors.js';
import { isPlainObject } from '../util/branches.js';
import type { ConfigTree } from '../model/config-tree.js';
import { formatPath } from '../model/paths.js';

/**
 * Merges the trees of all layers; a later one wins. Objects merge key by key, everything else (arrays too) replaces;
 * undefined says nothing. Neither input is mutated; what only one layer says is shared with it, not copied.
 *
 * @throws ConfigSourceError where a key is `__proto__`: it would become the prototype of what it is copied to. Sources
 * refuse such keys when they parse; this is for those that do not.
 */
export function merge(trees: readonly ConfigTree[]): ConfigTree {
  return trees.reduce((below, above) => mergeTwo(below, above, []), {});
}

function mergeTwo(below: ConfigTree, above: ConfigTree, path: readonly string[]): ConfigTree {
  const merged: ConfigTree = { ...below };
  for (const key of Object.keys(above)) {
    if (key === '__proto__') throw forbiddenKey([...path, key]);
    const over = above[key];
    if (over === undefined) continue;
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    merged[key] =
      isPlainObject(under) && isPlainObject(over)
        ? mergeTwo(under as ConfigTree, over as ConfigTree, [...path, key])
        : over;
  }
  return merged;
}

function forbiddenKey(keys: readonly string[]): ConfigSourceError {
  const path = formatPath(keys);
  const message = `${path} is not an allowed key: it could reach a prototype`;
  return new ConfigSourceError('A source yielded a key that is not allowed', [{ path, message }]);
}
