import { ConfigOptionsError } from '../../errors/config.errors.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import { tryParsePath } from '../../model/paths.js';
import { isForbiddenKey } from '../../limits/forbidden-keys.js';

/**
 * The keys of a `mount` option.
 *
 * @throws ConfigOptionsError where it is no path.
 */
export function parseMount(mount: string | undefined, source: string): readonly string[] {
  if (mount === undefined) return [];
  const keys = tryParsePath(mount);
  if (keys === undefined || keys.some(isForbiddenKey)) {
    throw new ConfigOptionsError(`${source}: mount '${mount}' is not a path such as 'llm' or 'servers.main'`);
  }
  return keys;
}

/** A tree with `value` at `mount` and nothing else. */
export function treeAtMount(mount: readonly string[], value: unknown): ConfigTree {
  return mount.reduceRight<unknown>((below, key) => ({ [key]: below }), value) as ConfigTree & ConfigValue;
}

/**
 * A path as seen from below `mount`; a path to the mount itself or above it is the whole content, any other leads
 * elsewhere.
 */
export function pathBelowMount(mount: readonly string[], path: readonly string[]): readonly string[] | undefined {
  const shared = Math.min(mount.length, path.length);
  for (let index = 0; index < shared; index += 1) if (mount[index] !== path[index]) return undefined;
  return path.slice(mount.length);
}
