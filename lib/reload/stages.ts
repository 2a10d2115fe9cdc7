import type { Change } from '../model/change.interface.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import type { Layer } from '../model/layer.interface.js';
import { layerAt, locate } from '../snapshot/locate.js';
import type { InterpolateOptions } from '../interpolation/interpolate-options.js';
import { interpolate, type Interpolated } from '../interpolation/interpolation.js';
import type { Locate } from '../model/origin.interface.js';
import { refuseForbiddenKeys } from '../limits/forbidden-keys.js';
import { merge } from '../snapshot/merge.js';
import { formatPath } from '../model/paths.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { Snapshot } from '../snapshot/snapshot.js';
import type { SnapshotStore } from '../snapshot/snapshot.store.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { ContentLimits } from '../limits/content-limits.js';
import type { FormatRegistry } from '../formats/format-registry.js';
import type { IsFromStrings } from '../validation/convert-strings.js';
import type { ValidatedValue, Validation } from '../validation/validation.js';
import type { CollectContext, SourceLayers } from './collect.js';
import { collectAfterWrites, type WriteGuard } from './collect-after-writes.js';
import type { LayerMemory } from './layer-memory.js';
import type { Preparation, Prepared } from './preparation.js';
import type { ReloadCause } from '../model/reload-stage.js';
import type { RestartGuard, MergedTree } from './restart-policy.js';
import { withTimeout } from '../util/timeouts.js';

/** Maximum duration of schema and validators, in ms: one that hangs must not block all later reloads. */
const VALIDATION_TIMEOUT = 30_000;

/** Everything that the stages need. */
export interface StageParts {
  readonly store: SnapshotStore;
  /** Returns the number of the newest version that ever existed, or 0. */
  readonly lastVersion: () => number;
  readonly validation: Validation;
  readonly preparation: Preparation;
  readonly restarts: RestartGuard;
  readonly secrets: SecretPolicy;
  readonly limits: ContentLimits;
  /** Targets that `${…}` in files may refer to; undefined disables interpolation. */
  readonly interpolate?: InterpolateOptions | undefined;
  readonly writeGuard: WriteGuard;
  readonly formats: FormatRegistry;
  /** Maximum time to wait for content that looks unfinished, in ms. */
  readonly settleTimeout: number;
  /** Called at the moment of the commit with the layers in force from then on. Must not throw. */
  readonly adopted?: (layers: readonly Layer[]) => void;
}

/** The value that a reload would apply. */
export interface Draft extends ValidatedValue {
  /** Paths whose old value would stay until a restart. */
  readonly pendingRestart: readonly string[];
}

/** The work of each stage, in the order in which the reloader runs them. None has an outside effect before `commit`. */
export class Stages {
  readonly #hasher: ContentHasher;
  /** The merged tree in force, before validation. */
  #tree: ConfigTree = {};
  #pendingRestart: readonly string[] = [];
  /** The variables that `${…}` referred to, with their values then. */
  #variables: Interpolated['variables'] = new Map();

  constructor(
    private readonly parts: StageParts,
    private readonly memory: LayerMemory,
  ) {
    this.#hasher = new ContentHasher(parts.secrets);
  }

  /** The paths whose new values wait for a restart. */
  get pendingRestart(): readonly string[] {
    return this.#pendingRestart;
  }

  /** The `collect` stage for layers that come from the sources. */
  collect(
    sources: readonly ConfigSource[],
    replacementFor: CollectContext['replacementFor'],
    memory: LayerMemory = this.memory,
  ): Promise<SourceLayers> {
    const { limits, formats, settleTimeout, writeGuard, secrets } = this.parts;
    return collectAfterWrites(
      { sources, memory, replacementFor, limits, formats, settleTimeout, secrets },
      writeGuard,
    );
  }

  /** Checks whether the layers, and the variables they refer to, are those of the current snapshot. */
  isInForce({ layers }: SourceLayers): boolean {
    const isSameEnvironment = [...this.#variables].every(([name, value]) => process.env[name] === value);
    return this.#hasSnapshot && this.memory.areApplied(layers) && isSameEnvironment;
  }

  merge(collected: SourceLayers): MergedTree {
    const trees = [...collected.layers].map(([source, layer]) => this.memory.treeOf(source, layer));
    // Cheap: parts that are shared with an earlier tree are not searched again.
    for (const tree of trees) this.parts.secrets.remember(tree);
    const merged = merge(trees);
    const interpolated = this.#interpolate(merged, collected);
    if (interpolated !== undefined) this.#rememberSecrets(interpolated);
    const tree = interpolated?.tree ?? merged;
    const current = this.parts.store.currentIfAny;
    const result =
      current === undefined
        ? { tree, pendingRestart: [], warnings: [] }
        : this.parts.restarts.holdBack(tree, this.#tree, current.value, locatorOf(collected));
    return interpolated === undefined ? result : { ...result, interpolated };
  }

  #rememberSecrets({ withSecrets, variables }: Interpolated): void {
    const { secrets } = this.parts;
    for (const value of withSecrets) secrets.markSecret(value);
    for (const [name, value] of variables) secrets.remember(value, [name]);
  }

  #interpolate(tree: ConfigTree, collected: SourceLayers): Interpolated | undefined {
    const { interpolate: options, limits } = this.parts;
    if (options === undefined) return undefined;
    const layers = [...collected.layers.values()];
    return interpolate(tree, {
      options,
      limits,
      environment: process.env,
      mayRefer: (path) => layerAt(layers, path)?.mayRefer ?? false,
      isFromStrings: isFromStringsIn(collected),
      isSecret: (path) => this.parts.secrets.isSecret(path),
      locate: locatorOf(collected),
    });
  }

  validate({ tree, interpolated }: MergedTree, collected: SourceLayers): Promise<ValidatedValue> {
    return withTimeout(VALIDATION_TIMEOUT, () =>
      this.parts.validation.run(
        tree,
        this.parts.store.currentIfAny,
        locatorOf(collected),
        isFromStringsIn(collected, interpolated),
      ),
    );
  }

  /** Checks whether the value is the one in force, though its sources differ (a comment, another order of keys). */
  changesNothing({ changes }: ValidatedValue): boolean {
    return this.#hasSnapshot && changes.length === 0;
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
    collected: SourceLayers,
  ): Promise<Prepared | undefined> {
    const current = this.parts.store.currentIfAny;
    if (current === undefined) return undefined; // at boot there are neither vetoes nor components
    const about = { changes, current, candidate, cause: candidate.cause };
    return this.parts.preparation.run(about, locatorOf(collected));
  }

  commit(
    candidate: Snapshot,
    prepared: Prepared | undefined,
    collected: SourceLayers,
    merged: MergedTree,
  ): void {
    candidate.time = new Date();
    this.parts.store.commit(candidate);
    prepared?.commit();
    this.markApplied(collected, merged);
  }

  /** Records that the current snapshot is made of these layers. */
  markApplied({ layers }: SourceLayers, { tree, pendingRestart, interpolated }: MergedTree): void {
    this.memory.markApplied(layers);
    this.#variables = interpolated?.variables ?? new Map();
    this.#tree = tree;
    this.#pendingRestart = pendingRestart;
    this.parts.adopted?.([...layers.values()]);
  }

  /** Runs the stages up to `validate`, with `candidate` as the last layer; records nothing. */
  async draft(sources: SourceLayers, candidate?: ConfigTree): Promise<Draft> {
    const collected = candidate === undefined ? sources : withCandidate(sources, candidate);
    const merged = this.merge(collected);
    const validated = await this.validate(merged, collected);
    const warnings = [...collected.warnings, ...merged.warnings, ...validated.warnings];
    return { ...validated, pendingRestart: merged.pendingRestart, warnings };
  }

  get #hasSnapshot(): boolean {
    return this.parts.store.currentIfAny !== undefined;
  }
}

function locatorOf({ layers }: SourceLayers): Locate {
  const all = [...layers.values()];
  return (path, part) => locate(all, path, part);
}

function isFromStringsIn({ layers }: SourceLayers, interpolated?: Interpolated): IsFromStrings {
  const all = [...layers.values()];
  return (path) => {
    if (interpolated?.fromStrings.has(formatPath(path))) return true;
    const layer = layerAt(all, path);
    return typeof layer?.stringsOnly === 'function' ? layer.stringsOnly(path) : (layer?.stringsOnly ?? false);
  };
}

function withCandidate({ layers, warnings }: SourceLayers, tree: ConfigTree): SourceLayers {
  const origin = { source: 'the candidate' };
  const layer: Layer = { ...origin, tree, hash: '', revision: '', locate: () => origin };
  refuseForbiddenKeys(layer, origin.source);
  return {
    warnings,
    layers: new Map([...layers, [{ name: origin.source, load: async () => layer }, layer]]),
  };
}
