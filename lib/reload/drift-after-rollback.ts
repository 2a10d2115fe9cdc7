import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import { shareUnchanged } from '../snapshot/share-unchanged.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { RestoredLayers } from './restore-layers.js';

/** Content of a source, in a form that can be compared. */
export interface SourceContent {
  /** The hash of the layer, or an identifier of the failure to read it. */
  readonly hash: string;
  /** The same without values that the app itself has set: these may change while the content stays. */
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
 * changes; each source counts alone, whatever happens to the others. A value: it is part of a commit.
 */
export class Drift {
  static readonly NONE = new Drift(new Map(), [], []);

  private constructor(
    private readonly skipped: ReadonlyMap<ConfigSource, SkippedContent>,
    /** Placeholders for sources of the restored version that the app has no longer. */
    private readonly placeholders: readonly ConfigSource[],
    /** The order of the restored version's sources, placeholders included. */
    private readonly order: readonly ConfigSource[],
  ) {}

  /** Returns the drift after a rollback: restored layers are in force instead of the current content of the sources. */
  static after({ order, placeholders, layers }: RestoredLayers, contentOf: ContentOf): Drift {
    const skipped = new Map<ConfigSource, SkippedContent>();
    for (const [source, replacement] of layers) {
      const content = contentOf(source);
      const isSkipped = !placeholders.includes(source) && replacement.hash !== content.hash;
      if (isSkipped) skipped.set(source, { ...content, replacement });
    }
    return new Drift(skipped, placeholders, order);
  }

  /** The names of the sources whose content is not in force. */
  get sources(): readonly string[] {
    return [...this.skipped.keys(), ...this.placeholders].map(({ name }) => name);
  }

  /** Returns the restored layer to use instead of `content`; undefined if the content is to be used. */
  replacementFor(source: ConfigSource, { hash, revision, tree }: SourceContent): Layer | undefined {
    const skipped = this.skipped.get(source);
    if (skipped === undefined || skipped.replacement.hash === hash) return undefined;
    const isAgain = skipped.revision === revision || isSameTree(skipped.tree, tree);
    return isAgain ? skipped.replacement : undefined;
  }

  /** Adds the placeholders to the sources of the app, each one at its position. */
  withPlaceholders(sources: readonly ConfigSource[]): readonly ConfigSource[] {
    if (this.placeholders.length === 0) return sources;
    const known = this.order.filter(
      (source) => sources.includes(source) || this.placeholders.includes(source),
    );
    return [...known, ...sources.filter((source) => !known.includes(source))];
  }

  /**
   * Returns what is left of it when these layers were given instead of reading their sources: it ends for content that is
   * given again, and other given layers are in force instead of the content that was rolled back from.
   */
  afterGiving(layers: ReadonlyMap<ConfigSource, Layer>): Drift {
    const skipped = new Map<ConfigSource, SkippedContent>();
    for (const [source, content] of this.skipped) {
      const given = layers.get(source);
      const isAgain =
        given !== undefined && (given.hash === content.hash || isSameTree(content.tree, given.tree));
      if (!isAgain) skipped.set(source, given === undefined ? content : { ...content, replacement: given });
    }
    return new Drift(skipped, this.placeholders, this.order);
  }

  /** Returns what is left of it when these layers are in force: it ends for each source that has new content. */
  afterReading(layers: ReadonlyMap<ConfigSource, Layer>, contentOf: ContentOf): Drift {
    const left = [...this.skipped].filter(
      ([source, { replacement }]) =>
        this.replacementFor(source, contentOf(source)) !== undefined && layers.get(source) === replacement,
    );
    const placeholders = this.placeholders.every((source) => layers.has(source)) ? this.placeholders : [];
    const isSame = left.length === this.skipped.size && placeholders === this.placeholders;
    return isSame ? this : new Drift(new Map(left), placeholders, this.order);
  }
}

/** Compares values only: another comment or another order of keys is not new content. */
function isSameTree(before: ConfigTree | undefined, now: ConfigTree | undefined): boolean {
  return before !== undefined && now !== undefined && Object.is(shareUnchanged(before, now), before);
}
