import { isObjectBranch } from '../util/branches.js';
import type { ConfigTree, ConfigValue } from '../model/config-tree.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { Layer } from '../model/layer.interface.js';
import { formatPath, isWithin } from '../model/paths.js';
import type { ConfigSource } from './contract/config-source.interface.js';

type Members = Record<string, ConfigValue>;

/**
 * A value that somebody set while the app runs.
 *
 * @publicApi
 */
export interface Override {
  /** The path, as people write it. */
  readonly path: string;
  /** The path, key by key. */
  readonly segments: readonly string[];
  readonly value: ConfigValue;
  /** When it was set. */
  readonly since: Date;
  /** When it ends by itself; undefined means never. */
  readonly expiresAt?: Date;
  /** Why, as who set it told. */
  readonly reason?: string;
  /** Who set it. */
  readonly actor?: string;
}

/**
 * The place of the values that `HotConfigManager.set()` sets, among the sources. Without it in `sources`, they come on
 * top of all.
 *
 * @example
 * ```ts
 * sources: [file('config/app.yaml'), overrides(), env({ prefix: 'APP_' })] // what the environment says cannot be set
 * ```
 *
 * @publicApi
 */
export function overrides(): ConfigSource {
  return new OverridesSource();
}

/** What `overrides()` makes. */
export class OverridesSource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = true;
  readonly name = 'overrides';
  readonly #hasher = new ContentHasher();
  #entries: readonly Override[] = [];

  /** What is set now, in the order it was set. */
  get entries(): readonly Override[] {
    return this.#entries;
  }

  /** From now on these are set, and no others. */
  replace(entries: readonly Override[]): void {
    this.#entries = entries;
  }

  async load(): Promise<Layer> {
    return this.layerOf(this.#entries);
  }

  /** The layer of any entries; a later one wins over what it sets too. */
  layerOf(entries: readonly Override[]): Layer {
    const tree = treeOf(entries);
    const hash = this.#hasher.hash(tree);
    const origin = { source: this.name };
    return { source: this.name, tree, hash, revision: hash, locate: () => origin };
  }
}

/** The entries with one more. What was set there or below it before is gone. */
export function withOverride(entries: readonly Override[], added: Override): Override[] {
  return [...entries.filter(({ segments }) => !isWithin(segments, added.segments)), added];
}

/** The entries without the one at this very path. */
export function withoutOverride(entries: readonly Override[], segments: readonly string[]): Override[] {
  const path = formatPath(segments);
  return entries.filter((entry) => entry.path !== path);
}

/**
 * The tree that overrides make, one after the other. What stands in the way of a later one gives way. Branches that were
 * made here are written to: a copy for each override would cost their square.
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
    branch[segments.at(-1)!] = value; // a path has a key; those that reach a prototype were refused
  }
  return tree;
}
