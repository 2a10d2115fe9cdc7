import { RestoredLayer } from '../history/restored-layer.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { dependenciesOf } from '../sources/contract/depends-on.js';
import { editIssues, editsBetween, type InputEdit } from './input-edits.js';
import { VaryingFactories } from './varying-factories.js';

/** The layers in force. */
export interface AppliedLayers {
  /** The number of the version in force. */
  readonly version: number;
  appliedLayer(source: ConfigSource): Layer | undefined;
  /** Returns the tree of a layer, which shares all unchanged parts with the one in force. */
  treeOf(source: ConfigSource, layer: Layer): ConfigTree;
}

/** The layers of the sources that a factory may depend on, in one reload. */
export type FactoryInputs = ReadonlyMap<ConfigSource, Layer>;

/** A call of a factory that returned a layer. */
interface FactoryRun {
  readonly inputs: FactoryInputs;
  readonly layer: Layer;
}

/**
 * The last calls of factories: from which content of other sources each one has made its layer. A factory is not called
 * again for the same content, because it may fetch a secret, log, or return a random value.
 */
export class FactoryRuns {
  readonly #last = new WeakMap<ConfigSource, FactoryRun>();
  readonly #failed = new WeakMap<ConfigSource, FactoryInputs>();
  #varying = new VaryingFactories();

  constructor(private readonly inForce: AppliedLayers) {}

  /** Copies what is known of these sources, for loads that must leave no trace here. */
  fork(inForce: AppliedLayers, sources: readonly ConfigSource[]): FactoryRuns {
    const fork = new FactoryRuns(inForce);
    for (const source of sources) {
      const last = this.#last.get(source);
      const failed = this.#failed.get(source);
      if (last !== undefined) fork.#last.set(source, last);
      if (failed !== undefined) fork.#failed.set(source, failed);
    }
    fork.#varying = this.#varying.fork(sources);
    return fork;
  }

  /** Remembers the last call that a fork has made of this factory. */
  takeOver(fork: FactoryRuns, source: ConfigSource): void {
    const last = fork.#last.get(source);
    const failed = fork.#failed.get(source);
    if (last !== undefined) this.#last.set(source, last);
    if (failed === undefined) this.#failed.delete(source);
    else this.#failed.set(source, failed);
  }

  /** Checks whether there is a layer that a factory has made before. */
  hasLayer(source: ConfigSource): boolean {
    return this.#last.has(source) || this.inForce.appliedLayer(source) !== undefined;
  }

  /** Checks whether the last call of a factory, which may have failed, was for this content. */
  isLast(source: ConfigSource, inputs: FactoryInputs): boolean {
    return this.#areSame(this.#failed.get(source) ?? this.#last.get(source)?.inputs, inputs);
  }

  /**
   * Returns the layer that a factory has made from this content; undefined if it must be called. If its last call was for
   * this content, that is the newest one, also if another source has rejected the reload. Else the layers in force belong
   * together: if this content is in force, the layer of the factory is the one in force. A call that has failed is
   * repeated, so that a factory recovers from a store that was down.
   *
   * @param isHeld `true` if a restored layer is in force instead of the content of the source
   */
  layerFor(source: ConfigSource, inputs: FactoryInputs, isHeld: boolean): Layer | undefined {
    if (this.#areSame(this.#failed.get(source), inputs)) return undefined;
    const last = this.#last.get(source);
    const known = this.#areSame(last?.inputs, inputs) ? last?.layer : undefined;
    if (known !== undefined && !isHeld) return known;
    const applied = this.inForce.appliedLayer(source);
    // A layer of an earlier process has no functions and no instances.
    const isUsable = applied !== undefined && (isHeld || !(applied instanceof RestoredLayer));
    return isUsable && this.#areInForce(inputs) ? applied : known;
  }

  /**
   * Records a call that has failed. Returns the edits since the version in force, one of which is the reason: those of
   * variables that the call has read, if there are any, else all.
   */
  failed(source: ConfigSource, inputs: FactoryInputs): ConfigIssue[] {
    this.#failed.set(source, inputs);
    const edits = this.#edits((input) => this.inForce.appliedLayer(input), inputs);
    const read = edits.filter(({ change }) => dependenciesOf(source)?.hasRead?.(change.segments[0]!));
    return editIssues(read.length > 0 ? read : edits, this.inForce.version);
  }

  /** Records a call. Returns a warning, once, if the factory returns other values although nothing has changed. */
  returned(source: ConfigSource, inputs: FactoryInputs, layer: Layer): ConfigIssue[] {
    const before = this.#last.get(source);
    this.#last.set(source, { inputs, layer });
    this.#failed.delete(source);
    if (before === undefined) return [];
    const findEdits = () => this.#edits((input) => before.inputs.get(input), inputs);
    return this.#varying.compare(source, before.layer, layer, findEdits);
  }

  /** Returns the edits of sources that there were before. */
  #edits(formerOf: (source: ConfigSource) => Layer | undefined, now: FactoryInputs): InputEdit[] {
    return [...now].flatMap(([source, layer]) => {
      const former = formerOf(source);
      const isSame = former === undefined || this.#isSame(source, former, layer);
      return isSame ? [] : editsBetween(former, layer);
    });
  }

  #areInForce(inputs: FactoryInputs): boolean {
    return [...inputs].every(([source, layer]) =>
      this.#isSame(source, this.inForce.appliedLayer(source), layer),
    );
  }

  #areSame(before: FactoryInputs | undefined, now: FactoryInputs): boolean {
    if (before?.size !== now.size) return false;
    return [...now].every(([source, layer]) => this.#isSame(source, before.get(source), layer));
  }

  /** Compares values only: another comment is no reason to call a factory. */
  #isSame(source: ConfigSource, before: Layer | undefined, now: Layer): boolean {
    if (before === undefined) return false;
    return (
      before.hash === now.hash || this.inForce.treeOf(source, before) === this.inForce.treeOf(source, now)
    );
  }
}
