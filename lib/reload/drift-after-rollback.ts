import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import { shareUnchanged } from '../snapshot/share-unchanged.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { RestoredLayers } from './restore-layers.js';

/** Content of a source, in a form that can be compared. */
export interface SourceContent {
  /** The hash of the content, or an identifier of the failure to read it. */
  readonly revision: string;
  /** Undefined if the content could not be read. */
  readonly tree?: ConfigTree | undefined;
}

/** Content that is not applied since it was rolled back from, and the restored layer that is in force instead. */
interface SkippedContent extends SourceContent {
  readonly replacement: Layer;
}

type ContentOf = (source: ConfigSource) => SourceContent;

/**
 * The sources whose content is not in force since a rollback. The content that was rolled back from is skipped until it
 * changes; each source counts alone, whatever happens to the others.
 */
export class Drift {
  readonly #skipped = new Map<ConfigSource, SkippedContent>();
  /** Placeholders for sources of the restored version that the app has no longer. */
  #placeholders: readonly ConfigSource[] = [];
  /** The order of the restored version's sources, placeholders included. */
  #order: readonly ConfigSource[] = [];

  /** The names of the sources whose content is not in force. */
  get sources(): readonly string[] {
    return [...this.#skipped.keys(), ...this.#placeholders].map(({ name }) => name);
  }

  /** Starts to skip the current content of the sources: restored layers are in force instead. */
  start({ order, placeholders, layers }: RestoredLayers, contentOf: ContentOf): void {
    this.#skipped.clear();
    this.#placeholders = placeholders;
    this.#order = order;
    for (const [source, replacement] of layers) {
      const content = contentOf(source);
      const isSkipped = !placeholders.includes(source) && replacement.hash !== content.revision;
      if (isSkipped) this.#skipped.set(source, { ...content, replacement });
    }
  }

  /** Returns the restored layer to use instead of `content`; undefined if the content is to be used. */
  replacementFor(source: ConfigSource, { revision, tree }: SourceContent): Layer | undefined {
    const skipped = this.#skipped.get(source);
    return skipped !== undefined && (skipped.revision === revision || isSameTree(skipped.tree, tree))
      ? skipped.replacement
      : undefined;
  }

  /** Adds the placeholders to the sources of the app, each one at its position. */
  withPlaceholders(sources: readonly ConfigSource[]): readonly ConfigSource[] {
    if (this.#placeholders.length === 0) return sources;
    const known = this.#order.filter(
      (source) => sources.includes(source) || this.#placeholders.includes(source),
    );
    return [...known, ...sources.filter((source) => !known.includes(source))];
  }

  /** Ends the drift of each source that has new content, or whose content was applied by force. */
  update(layers: ReadonlyMap<ConfigSource, Layer>, contentOf: ContentOf): void {
    for (const [source, { replacement }] of this.#skipped) {
      const hasNewContent = this.replacementFor(source, contentOf(source)) === undefined;
      if (hasNewContent || layers.get(source) !== replacement) this.#skipped.delete(source);
    }
    if (this.#placeholders.some((source) => !layers.has(source))) this.#placeholders = [];
  }
}

/** Compares values only: another comment or another order of keys is not new content. */
function isSameTree(before: ConfigTree | undefined, now: ConfigTree | undefined): boolean {
  return before !== undefined && now !== undefined && Object.is(shareUnchanged(before, now), before);
}
