import { ConfigSourceError } from '../errors/config.errors.js';
import { RestoredLayer } from '../history/restored-layer.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import { share } from '../snapshot/share.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { SourceContent } from './drift.js';

/** What a source said last: a layer, or content that could not be used. */
export interface LastRead {
  readonly layer?: Layer;
  /** The revision of the content that could not be used: of a file, the SHA-256 of its bytes. */
  readonly failed?: string;
}

/**
 * What each source last yielded, *seen* and *applied* apart (invariant 8): content that was seen and rejected must
 * neither hide the good content that comes next, nor the content that is in force when it comes back.
 */
export class LayerMemory {
  readonly #seen = new WeakMap<ConfigSource, Layer>();
  readonly #applied = new Map<ConfigSource, Layer>();
  readonly #failed = new WeakMap<ConfigSource, string>();
  #shared = new WeakMap<Layer, ConfigTree>();

  /** Another memory that knows the same of these sources, and learns on its own. */
  fork(sources: readonly ConfigSource[]): LayerMemory {
    const fork = new LayerMemory();
    fork.apply(this.#applied);
    fork.#shared = this.#shared;
    for (const source of sources) {
      const seen = this.#seen.get(source);
      const failed = this.#failed.get(source);
      if (seen !== undefined) fork.#seen.set(source, seen);
      if (failed !== undefined) fork.#failed.set(source, failed);
    }
    return fork;
  }

  /**
   * The layers of a source that may be given back instead of parsing the same content again. Not those of an earlier
   * version: they know no places.
   */
  known(source: ConfigSource): Layer[] {
    const layers = [this.#applied.get(source), this.#seen.get(source)];
    return layers.filter((layer) => layer !== undefined).filter((layer) => !(layer instanceof RestoredLayer));
  }

  /**
   * The tree of a layer, sharing with the one of its source that is in force what did not change: from here on whoever
   * compares them pays for what changed.
   */
  treeOf(source: ConfigSource, layer: Layer): ConfigTree {
    const known = this.#shared.get(layer);
    if (known !== undefined) return known;
    const applied = this.#applied.get(source);
    const tree = share(applied && this.#shared.get(applied), layer.tree);
    this.#shared.set(layer, tree);
    return tree;
  }

  /** The layers that are in force, lowest first. */
  get layers(): ReadonlyMap<ConfigSource, Layer> {
    return this.#applied;
  }

  /** The layer of a source that is in force. */
  applied(source: ConfigSource): Layer | undefined {
    return this.#applied.get(source);
  }

  /** Whether exactly these layers are in force, in this order. */
  areApplied(layers: ReadonlyMap<ConfigSource, Layer>): boolean {
    if (layers.size !== this.#applied.size) return false;
    const applied = [...this.#applied];
    return [...layers].every(
      ([source, layer], index) => applied[index]![0] === source && applied[index]![1].hash === layer.hash,
    );
  }

  saw(source: ConfigSource, layer: Layer): void {
    this.#seen.set(source, layer);
    this.#failed.delete(source);
  }

  failed(source: ConfigSource, error: ConfigSourceError): void {
    this.#failed.set(source, failureOf(error));
  }

  /** Whether the source failed for good with this very error before, and with nothing else since. */
  failedBefore(source: ConfigSource, error: ConfigSourceError): boolean {
    return this.#failed.get(source) === failureOf(error);
  }

  /** These layers are in force now, and no others. */
  apply(layers: ReadonlyMap<ConfigSource, Layer>): void {
    this.#applied.clear();
    for (const [source, layer] of layers) this.#applied.set(source, layer);
  }

  /** What a source said last. */
  lastRead(source: ConfigSource): LastRead {
    const failed = this.#failed.get(source);
    const layer = this.#seen.get(source);
    return failed === undefined ? { ...(layer && { layer }) } : { failed };
  }

  /** What a source last said, good or bad: a hash, or a name of its failure. */
  revision(source: ConfigSource): string {
    const failed = this.#failed.get(source);
    return failed === undefined ? (this.#seen.get(source)?.hash ?? '') : `failed ${failed}`;
  }

  /** The same, with what it says where it could be read. */
  contentOf(source: ConfigSource): SourceContent {
    return { revision: this.revision(source), tree: this.lastRead(source).layer?.tree };
  }

  /** Everything the sources last said, good or bad, as one text: equal texts, nothing new. */
  signature(sources: readonly ConfigSource[]): string {
    return sources.map((source) => this.revision(source)).join('\n');
  }
}

/** A source that has no revisions says in its message what is wrong: another message, another failure. */
function failureOf(error: ConfigSourceError): string {
  return error.revision ?? error.message;
}
