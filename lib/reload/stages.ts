import type { InterpolateOptions } from '../interpolation/interpolate-options.js';
import { interpolate, type Interpolated } from '../interpolation/interpolation.js';
import { refuseForbiddenKeys } from '../limits/forbidden-keys.js';
import type { ContentLimits } from '../limits/content-limits.js';
import type { AppCalls } from '../model/app-call.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import { givenSecrets, haveSecretsChanged, type VersionInput } from '../history/given-secrets.js';
import type { Layer } from '../model/layer.interface.js';
import type { Locate, TextOf } from '../model/origin.interface.js';
import { formatPath } from '../model/paths.js';
import type { ReloadCause } from '../model/reload-stage.js';
import type { AllowedVariables } from '../sources/content/allowed-variables.js';
import type { PathSet } from '../secrets/path-set.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import { layerAt, locate, textOf } from '../snapshot/locate.js';
import { merge } from '../snapshot/merge.js';
import { Snapshot } from '../snapshot/snapshot.js';
import { sha256 } from '../sources/content/parse-content.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { OverridesSource } from '../sources/overrides.source.js';
import { withTimeout } from '../util/timeouts.js';
import type { IsFromStrings } from '../validation/convert-strings.js';
import type { NullPlace } from '../validation/null-rules.js';
import type { Validation } from '../validation/validation.js';
import type { UndeclaredKeys } from '../validation/validator.interface.js';
import type { SourceLayers } from './collect.js';
import type { Commit, CommitStore } from './commit.js';
import { EmptyKeys, type VisibleLayers } from './empty-keys.js';
import type { Collected } from './layer-collector.js';
import type { LayerMemory } from './layer-memory.js';
import type { RestartGuard } from './restart-policy.js';
import { variableValues } from './secrets-in-force.js';

/** Maximum duration of schema and validators, in ms: one that hangs must not block all later reloads. */
const VALIDATION_TIMEOUT = 30_000;

type LayersOnly = Pick<SourceLayers, 'layers'>;

/** Everything that the stages need. */
export interface StagesContext {
  readonly calls: AppCalls;
  readonly store: CommitStore;
  readonly memory: LayerMemory;
  readonly validation: Validation;
  /** Its list is another one after each change of a schema. */
  readonly schemas: { readonly all: readonly unknown[]; readonly nulls: NullPlace | undefined };
  readonly restarts: RestartGuard;
  readonly secrets: SecretPolicy;
  readonly limits: ContentLimits;
  /** Targets that `${…}` in files may refer to; undefined disables interpolation. */
  readonly interpolate?: InterpolateOptions | undefined;
  /** Environment variables that files may refer to. */
  readonly variables: AllowedVariables;
}

/** Result of the `merge` stage. */
export interface Merged
  extends
    Collected,
    Pick<VisibleLayers, 'visible'>,
    Pick<Commit, 'tree' | 'variables' | 'references' | 'pendingRestart' | 'valueWarnings'> {
  /** The paths whose values were made of strings by interpolation. */
  readonly interpolated: Interpolated | undefined;
}

/** Result of the `validate` stage. */
export interface Validated extends Merged {
  /** The value that the app reads, frozen. */
  readonly value: unknown;
  /** Its differences from the value in force. */
  readonly changes: readonly Change[];
  /** The schemas that it satisfies. */
  readonly schemas: readonly unknown[];
}

/** What would be in force, for plans and comparisons. */
export type Draft = Pick<
  Validated,
  | 'value'
  | 'changes'
  | 'layers'
  | 'overrides'
  | 'references'
  | 'pendingRestart'
  | 'drift'
  | 'warnings'
  | 'valueWarnings'
>;

/** The stages between `collect` and `prepare`. Each takes the result of the one before, and has no effect outside. */
export class Stages {
  readonly #hasher: ContentHasher;
  readonly #emptyKeys = new EmptyKeys();
  /** The schemas that each snapshot satisfies. */
  readonly #satisfied = new WeakMap<Snapshot, readonly unknown[]>();

  constructor(private readonly context: StagesContext) {
    this.#hasher = new ContentHasher(context.secrets);
  }

  merge(collected: Collected): Merged {
    const { secrets, store, restarts } = this.context;
    const layers = this.visible(collected);
    const { visible } = layers;
    const trees = [...visible.values()].map((layer) => layer.tree);
    // Cheap: parts that are shared with an earlier tree are not searched again.
    secrets.rememberAll(trees.map((value) => ({ value })));
    const merged = merge(trees);
    const interpolated = this.#interpolate(merged, { layers: visible });
    const tree = interpolated?.tree ?? merged;
    const variables = interpolated?.variables ?? new Map<string, string | undefined>();
    const { inForce } = store;
    const held =
      inForce.snapshot === undefined
        ? { tree, pendingRestart: [], warnings: [] }
        : restarts.holdBack(tree, inForce.tree, inForce.snapshot.value, locatorOf({ layers: visible }));
    const valueWarnings = [...layers.warnings, ...held.warnings];
    const { pendingRestart } = held;
    const references = interpolated?.withSecrets ?? [];
    const made = { interpolated, variables, references, valueWarnings };
    return { ...collected, tree: held.tree, pendingRestart, visible, ...made };
  }

  /** Returns the layers without the nulls that count as absent. */
  visible({ layers }: LayersOnly): VisibleLayers {
    const { memory, schemas } = this.context;
    return this.#emptyKeys.resolve(layers, (source, layer) => memory.treeOf(source, layer), schemas.nulls);
  }

  async validate(merged: Merged): Promise<Validated> {
    const { validation, store, schemas, calls } = this.context;
    const { all } = schemas;
    const run = () =>
      validation.run(merged.tree, store.inForce.snapshot, locatorOf({ layers: merged.visible }), {
        isFromStrings: isFromStringsIn({ layers: merged.visible }, merged.interpolated),
        textOf: textOfIn({ layers: merged.visible }),
        undeclared: undeclaredIn({ layers: merged.visible }),
        measure: calls.measure,
        givenSecrets: this.#givenSecrets(merged),
      });
    const validated = await calls.run('a schema or a validator', ['reload', 'plan', 'settled'], () =>
      withTimeout(VALIDATION_TIMEOUT, run),
    );
    const { value, changes, warnings } = validated;
    const valueWarnings = [...merged.valueWarnings, ...warnings];
    return { ...merged, value, changes, schemas: all, valueWarnings };
  }

  /**
   * Runs the stages up to `validate`, with `candidate` as the last layer. As in a reload, content that is in force is not
   * validated again.
   */
  async draft(collected: Collected, candidate?: ConfigTree): Promise<Draft> {
    if (candidate !== undefined) return this.validate(this.merge(withCandidate(collected, candidate)));
    if (!this.isInForce(collected)) return this.validate(this.merge(collected));
    const { inForce, current } = this.context.store;
    const { references, pendingRestart, valueWarnings } = inForce;
    return { ...collected, value: current.value, changes: [], references, pendingRestart, valueWarnings };
  }

  snapshot(validated: Validated, version: number, cause: ReloadCause): Snapshot {
    const { value, schemas } = validated;
    const snapshot = new Snapshot({
      version,
      hash: this.#hashOf(validated),
      time: new Date(), // until the commit
      cause,
      value: value as Record<string, unknown>,
      secrets: this.context.secrets,
    });
    this.#satisfied.set(snapshot, schemas);
    return snapshot;
  }

  /** Checks whether the layers, the schemas, and the variables that layers refer to are those of the snapshot in force. */
  isInForce({ layers, overrides }: Collected): boolean {
    const { store, memory, schemas, secrets } = this.context;
    const { snapshot, variables } = store.inForce;
    if (haveSecretsChanged(store.inForce.overrides, overrides, secrets)) return false;
    if (snapshot !== undefined && this.#satisfied.get(snapshot) !== schemas.all) return false;
    const isSameEnvironment = [...variables].every(([name, value]) => process.env[name] === value);
    return snapshot !== undefined && memory.areApplied(layers) && isSameEnvironment;
  }

  /** Checks whether the value is the one in force, though its sources differ (a comment, another order of keys). */
  changesNothing({ changes, schemas }: Validated): boolean {
    const { snapshot } = this.context.store.inForce;
    if (snapshot === undefined || changes.length > 0) return false;
    this.#satisfied.set(snapshot, schemas);
    return true;
  }

  /** With an override of a secret, the hash is another one: an equal hash would say that the secret is equal. */
  #hashOf({ value, overrides }: Validated): string {
    const hash = this.#hasher.hash(value);
    const set = overrides.filter((entry) => haveSecretsChanged([], [entry], this.context.secrets));
    return set.length === 0
      ? hash
      : sha256([hash, ...set.map(({ path, since }) => `${+since} ${path}`)].join('\n'));
  }

  /** At boot, all is new. */
  #givenSecrets(merged: Merged): PathSet | undefined {
    const { inForce } = this.context.store;
    if (inForce.snapshot === undefined) return undefined;
    return givenSecrets(this.#inputOf(inForce), this.#inputOf(merged), this.context.secrets);
  }

  #inputOf({
    layers,
    overrides,
    references,
  }: Pick<Commit, 'layers' | 'overrides' | 'references'>): VersionInput {
    const { memory } = this.context;
    const sources = [...layers].filter(([source]) => !(source instanceof OverridesSource));
    const trees = new Map(sources.map(([source, layer]) => [source, memory.treeOf(source, layer)]));
    return { trees, overrides, references };
  }

  #interpolate(tree: ConfigTree, collected: LayersOnly): Interpolated | undefined {
    const { interpolate: options, limits, secrets, variables } = this.context;
    if (options === undefined) return undefined;
    const layers = [...collected.layers.values()];
    const interpolated = interpolate(tree, {
      options,
      limits,
      variables,
      mayRefer: (path) => layerAt(layers, path)?.mayRefer ?? false,
      isFromStrings: isFromStringsIn(collected),
      isSecret: (path) => secrets.isSecret(path),
      locate: locatorOf(collected),
    });
    if (interpolated === undefined) return undefined;
    secrets.protect(interpolated.withSecrets.map(({ path }) => path));
    secrets.rememberAll(variableValues(interpolated));
    return interpolated;
  }
}

/** Returns a function that finds the place a value comes from. */
export function locatorOf({ layers }: LayersOnly): Locate {
  const all = [...layers.values()];
  return (path, part) => locate(all, path, part);
}

/** Returns a function that finds the characters of a value in its source. */
function textOfIn({ layers }: LayersOnly): TextOf {
  const all = [...layers.values()];
  return (path) => textOf(all, path);
}

/** Returns the values whose keys the schema need not declare; undefined if all sources were written for it. */
function undeclaredIn({ layers }: LayersOnly): UndeclaredKeys | undefined {
  const treesOf = (...policies: readonly ConfigSource['unknownKeys'][]) =>
    [...layers].filter(([source]) => policies.includes(source.unknownKeys)).map(([, { tree }]) => tree);
  const allowed = treesOf('allow', 'keep');
  return allowed.length === 0 ? undefined : { allowed: merge(allowed), kept: merge(treesOf('keep')) };
}

function isFromStringsIn({ layers }: LayersOnly, interpolated?: Interpolated): IsFromStrings {
  const all = [...layers.values()];
  return (path) => {
    if (interpolated?.fromStrings.has(formatPath(path))) return true;
    const layer = layerAt(all, path);
    return typeof layer?.stringsOnly === 'function' ? layer.stringsOnly(path) : (layer?.stringsOnly ?? false);
  };
}

function withCandidate(collected: Collected, tree: ConfigTree): Collected {
  const origin = { source: 'the candidate' };
  const layer: Layer = { ...origin, tree, hash: '', revision: '', locate: () => origin };
  refuseForbiddenKeys(layer, origin.source);
  return {
    ...collected,
    layers: new Map([...collected.layers, [{ name: origin.source, load: async () => layer }, layer]]),
  };
}
