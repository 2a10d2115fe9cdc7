import { ConfigSourceError } from '../errors/config.errors.js';
import { RestoredLayer } from '../history/restored-layer.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import { shareUnchanged } from '../snapshot/share-unchanged.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { ownContentOf } from '../sources/contract/own-content.js';
import type { SourceContent } from './drift-after-rollback.js';
import { FactoryRuns } from './factory-runs.js';
import { isSameState } from './is-same-state.js';

/** Result of the last load of a source: a layer, or content that could not be used. */
export interface LastRead {
  readonly layer?: Layer;
  /** The revision of content that could not be used; for a file, the SHA-256 of its bytes. */
  readonly failed?: string;
}

/** The last content of sources, by strings that are equal for the same content. */
export type SourceRevisions = ReadonlyMap<ConfigSource, string>;

interface LayersInForce {
  readonly layers: ReadonlyMap<ConfigSource, Layer>;
  readonly snapshot?: { readonly version: number } | undefined;
}

/**
 * The layers that each source has returned last. They are only *seen*; the *applied* ones are in the commit (invariant 8):
 * content that was seen and rejected must not hide the good content that comes next, nor the content in force if the
 * source returns to it.
 */
export class LayerMemory {
  readonly #seen = new WeakMap<ConfigSource, Layer>();
  readonly #failed = new WeakMap<ConfigSource, string>();
  #shared = new WeakMap<Layer, ConfigTree>();
  #factoryRuns = new FactoryRuns(this);
  /** Of a fork: what was known of each source when it was made. */
  #origin: SourceRevisions = new Map();

  constructor(
    /** Holds the layers in force. */
    private readonly store: { readonly inForce: LayersInForce },
  ) {}

  /** From which content factories have made their layers. */
  get factoryRuns(): FactoryRuns {
    return this.#factoryRuns;
  }

  /** The number of the version in force; 0 if there is none. */
  get version(): number {
    return this.store.inForce.snapshot?.version ?? 0;
  }

  /** Copies what is known of these sources, for a load that must leave no trace here. */
  fork(sources: readonly ConfigSource[]): LayerMemory {
    const fork = new LayerMemory(this.store);
    fork.#factoryRuns = this.#factoryRuns.fork(fork, sources);
    fork.#shared = this.#shared;
    for (const source of sources) {
      const seen = this.#seen.get(source);
      const failed = this.#failed.get(source);
      if (seen !== undefined) fork.#seen.set(source, seen);
      if (failed !== undefined) fork.#failed.set(source, failed);
    }
    fork.#origin = this.revisions(sources);
    return fork;
  }

  /** Remembers what a fork has seen, of each source that nothing else has read since it was made. */
  takeOver(fork: LayerMemory): void {
    for (const [source, revision] of fork.#origin) {
      const layer = fork.#seen.get(source);
      const failed = fork.#failed.get(source);
      if (this.#revision(source) !== revision) continue;
      this.#factoryRuns.takeOver(fork.factoryRuns, source);
      if (layer !== undefined) this.markSeen(source, layer);
      if (failed !== undefined) this.#failed.set(source, failed);
    }
  }

  /**
   * Layers of a source that its `load` may return instead of parsing the same content again. Layers of an earlier
   * version are excluded: they know no positions in files.
   */
  reusableLayers(source: ConfigSource): Layer[] {
    const layers = [this.appliedLayer(source), this.#seen.get(source)];
    return layers.filter((layer) => layer !== undefined).filter((layer) => !(layer instanceof RestoredLayer));
  }

  /**
   * The tree of a layer. It shares all unchanged parts with the tree of the same source that is in force, so that later
   * comparisons cost only as much as what changed.
   */
  treeOf(source: ConfigSource, layer: Layer): ConfigTree {
    const known = this.#shared.get(layer);
    if (known !== undefined) return known;
    const applied = this.appliedLayer(source);
    const tree = shareUnchanged(applied && this.#shared.get(applied), layer.tree);
    this.#shared.set(layer, tree);
    return tree;
  }

  /** The layer of a source that is in force. */
  appliedLayer(source: ConfigSource): Layer | undefined {
    return this.store.inForce.layers.get(source);
  }

  /** Checks whether exactly these layers are in force, in this order. */
  areApplied(layers: ReadonlyMap<ConfigSource, Layer>): boolean {
    const applied = [...this.store.inForce.layers];
    if (layers.size !== applied.length) return false;
    return [...layers].every(([source, layer], index) => {
      const [appliedSource, appliedLayer] = applied[index]!;
      return appliedSource === source && isSameState(source, appliedLayer, layer);
    });
  }

  markSeen(source: ConfigSource, layer: Layer): void {
    this.#seen.set(source, layer);
    this.#failed.delete(source);
  }

  markFailed(source: ConfigSource, error: ConfigSourceError): void {
    this.#failed.set(source, failureId(error));
  }

  /** Checks whether the last load of the source failed with the same error. */
  failedBefore(source: ConfigSource, error: ConfigSourceError): boolean {
    return this.#failed.get(source) === failureId(error);
  }

  /** The last load of a source, in force or not. */
  lastRead(source: ConfigSource): LastRead {
    const failed = this.#failed.get(source);
    const layer = this.#seen.get(source);
    return failed === undefined ? { ...(layer && { layer }) } : { failed };
  }

  /** The last content of a source, in force or not. */
  contentOf(source: ConfigSource): SourceContent {
    const hash = this.#revision(source);
    const { layer } = this.lastRead(source);
    return { hash, revision: layer === undefined ? hash : ownContentOf(source, layer), tree: layer?.tree };
  }

  /** The last content of these sources. */
  revisions(sources: readonly ConfigSource[]): SourceRevisions {
    return new Map(sources.map((source) => [source, this.#revision(source)]));
  }

  #revision(source: ConfigSource): string {
    const failed = this.#failed.get(source);
    return failed === undefined ? (this.#seen.get(source)?.hash ?? '') : `failed ${failed}`;
  }
}

/** Returns the sources whose content differs, those that were added or removed included. */
export function changedSources(before: SourceRevisions, now: SourceRevisions): ConfigSource[] {
  const sources = new Set([...before.keys(), ...now.keys()]);
  return [...sources].filter((source) => before.get(source) !== now.get(source));
}

/** The revision of the content, or the message of a source without revisions: another message, another failure. */
function failureId(error: ConfigSourceError): string {
  return error.revision ?? error.message;
}
