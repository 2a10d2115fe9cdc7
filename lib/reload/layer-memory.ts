import { ConfigSourceError } from '../errors/config.errors.js';
import type { Layer } from '../snapshot/layer.interface.js';
import type { ConfigSource } from '../sources/config-source.interface.js';

/**
 * What each source last yielded, *seen* and *applied* apart (invariant 8): content that was seen and rejected must
 * neither hide the good content that comes next, nor the content that is in force when it comes back.
 */
export class LayerMemory {
  readonly #seen = new WeakMap<ConfigSource, Layer>();
  readonly #applied = new Map<ConfigSource, Layer>();
  readonly #failed = new WeakMap<ConfigSource, string>();

  /** The layers of a source that may be given back instead of parsing the same content again. */
  known(source: ConfigSource): Layer[] {
    const layers = [this.#applied.get(source), this.#seen.get(source)];
    return layers.filter((layer) => layer !== undefined);
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
    this.#failed.set(source, failureKey(error));
  }

  /** Whether the source failed for good with this very error before, and with nothing else since. */
  failedBefore(source: ConfigSource, error: ConfigSourceError): boolean {
    return this.#failed.get(source) === failureKey(error);
  }

  /** These layers are in force now, and no others. */
  apply(layers: ReadonlyMap<ConfigSource, Layer>): void {
    this.#applied.clear();
    for (const [source, layer] of layers) this.#applied.set(source, layer);
  }

  /** Everything the sources last said, good or bad, as one text: equal texts, nothing new. */
  signature(sources: readonly ConfigSource[]): string {
    return sources.map((source) => this.#failed.get(source) ?? this.#seen.get(source)?.hash ?? '').join('\n');
  }
}

/** A source that has no revisions says in its message what is wrong: another message, another failure. */
function failureKey(error: ConfigSourceError): string {
  return `failed ${error.revision ?? error.message}`;
}
