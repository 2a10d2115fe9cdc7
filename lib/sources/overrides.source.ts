import { isObjectBranch } from '../util/branches.js';
import type { ConfigTree, ConfigValue } from '../model/config-tree.js';
import type { Redacted } from '../secrets/redacted.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { Layer } from '../model/layer.interface.js';
import { formatPath, isWithin } from '../model/paths.js';
import type { ConfigSource } from './contract/config-source.interface.js';

type Members = Record<string, ConfigValue>;

/**
 * A value that was set on top of the sources while the app runs, without the value: safe to show.
 *
 * @publicApi
 */
export interface OverrideStatus {
  /** The path as a string. */
  readonly path: string;
  /** Time at which it was set. */
  readonly since: Date;
  /** Time at which it ends; `undefined` means never. */
  readonly expiresAt?: Date;
  /** Reason given by the caller. */
  readonly reason?: string;
  /** Name of the operator or program that set it. */
  readonly actor?: string;
}

/** A value that was set on top of the sources. */
export interface Override extends OverrideStatus {
  /** The path as a list of keys. */
  readonly segments: readonly string[];
  readonly value: ConfigValue;
  readonly reason?: Redacted<string>;
  readonly actor?: Redacted<string>;
}

/**
 * Places the values of `HotConfigManager.set()` among the sources. Without it in `sources`, they override all sources.
 *
 * @example
 * ```ts
 * sources: [file('config/app.yaml'), overrides(), env({ prefix: 'APP_' })] // set() cannot change APP_*
 * ```
 *
 * @publicApi
 */
export function overrides(): ConfigSource {
  return new OverridesSource();
}

/** The place of the overrides. The values themselves are part of the commit in force. */
export class OverridesSource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = this;
  readonly name = 'overrides';
  readonly #hasher = new ContentHasher();

  /** Not called: a reload makes the layer from the overrides that it commits. */
  async load(): Promise<Layer> {
    return this.layerOf([]);
  }

  /** Creates a layer from overrides. A later one wins over earlier ones. */
  layerOf(entries: readonly Override[]): Layer {
    const tree = treeOf(entries);
    const hash = this.#hasher.hash(tree);
    const origin = { source: this.name };
    return { source: this.name, tree, hash, revision: hash, fromCode: true, locate: () => origin };
  }
}

/** Returns the overrides with one added. It replaces those at its path and below. */
export function withOverride(entries: readonly Override[], added: Override): Override[] {
  return [...entries.filter(({ segments }) => !isWithin(segments, added.segments)), added];
}

/** Returns the overrides without the one at exactly this path. */
export function withoutOverride(entries: readonly Override[], segments: readonly string[]): Override[] {
  const path = formatPath(segments);
  return entries.filter((entry) => entry.path !== path);
}

/**
 * Builds a tree from overrides in their order. A later one replaces a value in its path. Branches that were created
 * here are changed in place: copying them for each override would take quadratic time.
 */
function treeOf(entries: readonly Override[]): ConfigTree {
  const tree: Members = {};
  const own = new Set<unknown>([tree]);
  for (const { segments, value } of entries) {
    let branch = tree;
    for (const key of segments.slice(0, -1)) {
      const member = branch[key];
      if (!own.has(member)) own.add((branch[key] = isObjectBranch(member) ? { ...(member as Members) } : {}));
      branch = branch[key] as Members;
    }
    branch[segments.at(-1)!] = value; // a path has at least one key, and forbidden keys were rejected before
  }
  return tree;
}
