import { ConfigOptionsError } from '../../errors/config.errors.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import { tryParsePath } from '../../model/paths.js';
import { isForbiddenKey } from '../../limits/forbidden-keys.js';

/**
 * Parses a `mount` option into keys.
 *
 * @throws ConfigOptionsError if it is not a path.
 */
export function parseMount(mount: string | undefined, source: string): readonly string[] {
  if (mount === undefined) return [];
  const keys = tryParsePath(mount);
  if (keys === undefined || keys.some(isForbiddenKey)) {
    throw new ConfigOptionsError(
      `${source}: the mount '${mount}' is not a path; use one such as 'llm' or 'servers.main'`,
    );
  }
  return keys;
}

/** Returns the keys of a path of one place; undefined if it is not a path, is a pattern, or has a forbidden key. */
export function keysOfPlace(path: string): readonly string[] | undefined {
  const keys = tryParsePath(path);
  return keys?.some((key) => isForbiddenKey(key) || /^\*+$/.test(key)) ? undefined : keys;
}

/** Creates a tree that has only `value`, at `mount`. */
export function treeAtMount(mount: readonly string[], value: unknown): ConfigTree {
  return mount.reduceRight<unknown>((below, key) => ({ [key]: below }), value) as ConfigTree & ConfigValue;
}

/** Returns the keys of a path below `mount` (none for `mount` itself and above), or `undefined` if it is elsewhere. */
export function pathBelowMount(
  mount: readonly string[],
  path: readonly string[],
): readonly string[] | undefined {
  const shared = Math.min(mount.length, path.length);
  for (let index = 0; index < shared; index += 1) if (mount[index] !== path[index]) return undefined;
  return path.slice(mount.length);
}
