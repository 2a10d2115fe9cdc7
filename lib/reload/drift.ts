import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import { share } from '../snapshot/share.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { RestoredLayers } from './restore-layers.js';

/** What a source says and is not to be applied, and what stands in for it. */
interface SkippedContent {
  /** The hash of its content, or its failure. */
  readonly refused: string;
  /** What its content says, where it could be read: a comment more does not make it another. */
  readonly refusedTree: ConfigTree | undefined;
  readonly layer: Layer;
}

/** What a source said: the hash of its content or a name of its failure, and what that says. */
export interface SourceContent {
  readonly revision: string;
  readonly tree?: ConfigTree | undefined;
}

/**
 * What runs and what the sources say, since a rollback. Each source is held on its own: what it said then is not
 * applied again until it says something else, whatever happens to the others.
 */
export class Drift {
  readonly #held = new Map<ConfigSource, SkippedContent>();
  /** Sources of the version that was brought back that the app does not have any more. */
  #ghosts: readonly ConfigSource[] = [];
  #order: readonly ConfigSource[] = [];

  /** The names of the sources whose content is not in force. */
  get sources(): readonly string[] {
    return [...this.#held.keys(), ...this.#ghosts].map(({ name }) => name);
  }

  /** From now on a version that was brought back stands in for what the sources say. */
  begin({ order, ghosts, layers }: RestoredLayers, lastSaid: (source: ConfigSource) => SourceContent): void {
    this.#held.clear();
    this.#ghosts = ghosts;
    this.#order = order;
    for (const source of order) {
      const layer = layers.get(source);
      const { revision: refused, tree: refusedTree } = lastSaid(source);
      const isHeld = layer !== undefined && !ghosts.includes(source) && layer.hash !== refused;
      if (isHeld) this.#held.set(source, { refused, refusedTree, layer });
    }
  }

  /** The layer to be used instead of what `source` says. */
  standIn(source: ConfigSource, { revision, tree }: SourceContent): Layer | undefined {
    const held = this.#held.get(source);
    return held !== undefined && (held.refused === revision || saysTheSame(held.refusedTree, tree))
      ? held.layer
      : undefined;
  }

  /** `sources`, and those of the version that was brought back that the app does not have, each at its place. */
  withGhosts(sources: readonly ConfigSource[]): readonly ConfigSource[] {
    if (this.#ghosts.length === 0) return sources;
    const known = this.#order.filter((source) => sources.includes(source) || this.#ghosts.includes(source));
    return [...known, ...sources.filter((source) => !known.includes(source))];
  }

  /** After a reload from the sources: whoever had something new to say, or was listened to, is not held any more. */
  settle(layers: ReadonlyMap<ConfigSource, Layer>, lastSaid: (source: ConfigSource) => SourceContent): void {
    for (const [source, { layer }] of this.#held) {
      const isHeld = this.standIn(source, lastSaid(source)) !== undefined;
      if (!isHeld || layers.get(source) !== layer) this.#held.delete(source);
    }
    if (this.#ghosts.some((ghost) => !layers.has(ghost))) this.#ghosts = [];
  }
}

function saysTheSame(before: ConfigTree | undefined, now: ConfigTree | undefined): boolean {
  return before !== undefined && now !== undefined && Object.is(share(before, now), before);
}
