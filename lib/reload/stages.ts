import type { Change } from '../model/change.interface.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import type { Layer } from '../model/layer.interface.js';
import { layerAt, locate } from '../snapshot/locate.js';
import type { InterpolateOptions } from '../interpolation/interpolate-options.js';
import { interpolate, type Interpolated } from '../interpolation/interpolation.js';
import type { Locate } from '../model/origin.interface.js';
import { merge } from '../snapshot/merge.js';
import { formatPath } from '../model/paths.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { Snapshot } from '../snapshot/snapshot.js';
import type { SnapshotStore } from '../snapshot/snapshot.store.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { ContentLimits } from '../limits/content-limits.js';
import type { FormatRegistry } from '../formats/format-registry.js';
import type { IsText } from '../validation/lenient-check.js';
import type { ValidatedValue, Validation } from '../validation/validation.js';
import type { CollectContext, SourceLayers } from './collect.js';
import { collectWhenQuiet, type WriteGuard } from './collect-when-quiet.js';
import type { LayerMemory } from './layer-memory.js';
import type { Preparation, Prepared } from './preparation.js';
import type { ReloadCause } from '../model/reload-stage.js';
import type { Restarts, MergedTree } from './restarts.js';
import { withTimeout } from '../util/timeouts.js';

/** How long schema and validators may take, in ms: one that never ends must not be the end of all reloads. */
const VALIDATION_TIMEOUT = 30_000;

/** What the stages work with. */
export interface StageParts {
  readonly store: SnapshotStore;
  /** The number of the newest version there ever was; 0 where there was none. */
  readonly lastVersion: () => number;
  readonly validation: Validation;
  readonly preparation: Preparation;
  readonly restarts: Restarts;
  readonly secrets: SecretPolicy;
  readonly limits: ContentLimits;
  /** What `${…}` in files may refer to; undefined leaves it as it is. */
  readonly interpolate?: InterpolateOptions | undefined;
  readonly writeGuard: WriteGuard;
  readonly formats: FormatRegistry;
  /** How long content that looks unfinished is waited for, in ms. */
  readonly settleTimeout: number;
  /** Told which layers are in force from now on, at the moment of the commit. Must not throw. */
  readonly adopted?: (layers: readonly Layer[]) => void;
}

/** What a reload would apply. */
export interface Draft extends ValidatedValue {
  /** Paths whose old value would stay until a restart. */
  readonly pendingRestart: readonly string[];
}

/** Each stage of a reload, in their order. None has an effect outside before `commit`. */
export class Stages {
  readonly #hasher: ContentHasher;
  #tree: ConfigTree = {};
  #pendingRestart: readonly string[] = [];
  #variables: Interpolated['variables'] = new Map();

  constructor(
    private readonly parts: StageParts,
    private readonly memory: LayerMemory,
  ) {
    this.#hasher = new ContentHasher(parts.secrets);
  }

  get pendingRestart(): readonly string[] {
    return this.#pendingRestart;
  }

  collect(
    sources: readonly ConfigSource[],
    standIn: CollectContext['standIn'],
    memory: LayerMemory = this.memory,
  ): Promise<SourceLayers> {
    const { limits, formats, settleTimeout, writeGuard: calm, secrets } = this.parts;
    return collectWhenQuiet({ sources, memory, standIn, limits, formats, settleTimeout, secrets }, calm);
  }

  /** The stages up to `validate`, on what was collected, with `candidate` on top; nothing is remembered of it. */
  async draft(collected: SourceLayers, candidate?: ConfigTree): Promise<Draft> {
    const generation = candidate === undefined ? collected : withCandidate(collected, candidate);
    const merged = this.merge(generation);
    const validated = await this.validate(merged, generation);
    const all = [...generation.warnings, ...merged.warnings, ...validated.warnings];
    return { ...validated, pendingRestart: merged.pendingRestart, warnings: all };
  }

  /** Whether every source says what it said when the current snapshot was made. */
  isInForce(generation: SourceLayers): boolean {
    const { currentIfAny } = this.parts.store;
    return currentIfAny !== undefined && this.memory.areApplied(generation.layers) && this.#isSameEnvironment;
  }

  merge(generation: SourceLayers): MergedTree {
    const trees = [...generation.layers].map(([source, layer]) => this.memory.treeOf(source, layer));
    // Of what they share with those of before nothing is looked through again.
    for (const tree of trees) this.parts.secrets.learn(tree);
    const merged = merge(trees);
    const interpolated = this.#interpolate(merged, generation);
    if (interpolated !== undefined) this.#learn(interpolated);
    const tree = interpolated?.tree ?? merged;
    const current = this.parts.store.currentIfAny;
    const result =
      current === undefined
        ? { tree, pendingRestart: [], warnings: [] }
        : this.parts.restarts.holdBack(tree, this.#tree, current.value, locatorOf(generation));
    return interpolated === undefined ? result : { ...result, interpolated };
  }

  #learn({ tainted, variables }: Interpolated): void {
    const { secrets } = this.parts;
    for (const value of tainted) secrets.taint(value);
    for (const [name, value] of variables) secrets.learn(value, [name]);
  }

  #interpolate(tree: ConfigTree, generation: SourceLayers): Interpolated | undefined {
    const { interpolate: options, limits } = this.parts;
    if (options === undefined) return undefined;
    const layers = [...generation.layers.values()];
    return interpolate(tree, {
      options,
      limits,
      environment: process.env,
      mayRefer: (path) => layerAt(layers, path)?.mayRefer ?? false,
      isText: textFinderOf(generation),
      isSecret: (path) => this.parts.secrets.isSecret(path),
      locate: locatorOf(generation),
    });
  }

  /** Whether the variables that `${…}` named are as they were when the current snapshot was made. */
  get #isSameEnvironment(): boolean {
    return [...this.#variables].every(([name, value]) => process.env[name] === value);
  }

  validate({ tree, interpolated }: MergedTree, generation: SourceLayers): Promise<ValidatedValue> {
    return withTimeout(VALIDATION_TIMEOUT, () =>
      this.parts.validation.run(
        tree,
        this.parts.store.currentIfAny,
        locatorOf(generation),
        textFinderOf(generation, interpolated),
      ),
    );
  }

  /** Whether the value is the one in force, though the sources' text differs (a comment, another order of keys). */
  changesNothing({ changes }: ValidatedValue): boolean {
    return this.parts.store.currentIfAny !== undefined && changes.length === 0;
  }

  candidate({ value }: ValidatedValue, cause: ReloadCause): Snapshot {
    const version = this.parts.lastVersion() + 1;
    return new Snapshot({
      version,
      hash: this.#hasher.hash(value),
      time: new Date(), // until the commit
      cause,
      value: value as Record<string, unknown>,
      secrets: this.parts.secrets,
    });
  }

  async prepare(
    candidate: Snapshot,
    changes: readonly Change[],
    generation: SourceLayers,
  ): Promise<Prepared | undefined> {
    const current = this.parts.store.currentIfAny;
    if (current === undefined) return undefined; // at boot nobody is there yet to object
    const about = { changes, current, candidate, cause: candidate.cause };
    return this.parts.preparation.run(about, locatorOf(generation));
  }

  commit(
    candidate: Snapshot,
    prepared: Prepared | undefined,
    generation: SourceLayers,
    merged: MergedTree,
  ): void {
    candidate.time = new Date();
    this.parts.store.commit(candidate);
    prepared?.commit();
    this.adopt(generation, merged);
  }

  /** From now on these layers are what the current snapshot was made of. */
  adopt(generation: SourceLayers, { tree, pendingRestart: held, interpolated }: MergedTree): void {
    this.memory.apply(generation.layers);
    this.#variables = interpolated?.variables ?? new Map();
    this.#tree = tree;
    this.#pendingRestart = held;
    this.parts.adopted?.([...generation.layers.values()]);
  }
}

function locatorOf(generation: SourceLayers): Locate {
  const layers = [...generation.layers.values()];
  return (path, part) => locate(layers, path, part);
}

function textFinderOf(generation: SourceLayers, interpolated?: Interpolated): IsText {
  const layers = [...generation.layers.values()];
  return (path) => {
    if (interpolated?.texts.has(formatPath(path))) return true;
    const layer = layerAt(layers, path);
    return typeof layer?.stringsOnly === 'function' ? layer.stringsOnly(path) : (layer?.stringsOnly ?? false);
  };
}

function withCandidate({ layers, warnings }: SourceLayers, tree: ConfigTree): SourceLayers {
  const origin = { source: 'the candidate' };
  const layer: Layer = { ...origin, tree, hash: '', revision: '', locate: () => origin };
  return {
    warnings,
    layers: new Map([...layers, [{ name: origin.source, load: async () => layer }, layer]]),
  };
}
