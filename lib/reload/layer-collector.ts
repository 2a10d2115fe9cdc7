import type { CommittedLayer } from '../history/record-version.js';
import { shownRevision } from '../history/shown-revision.js';
import type { VersionRecord } from '../history/version-record.js';
import type { FormatRegistry } from '../formats/format-registry.js';
import type { ContentLimits } from '../limits/content-limits.js';
import type { AppCalls } from '../model/app-call.js';
import type { Layer } from '../model/layer.interface.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { ParserThread } from '../sources/content/parser-thread.js';
import type { AllowedVariables } from '../sources/content/allowed-variables.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { SourceStates } from '../sources/source-states.js';
import { uniqueSourceNames } from '../sources/contract/unique-source-names.js';
import type { Override } from '../sources/overrides.source.js';
import { ObservedWrites } from '../watch/file-writes.js';
import type { WriteActivity } from '../watch/settle-tracker.js';
import { checkGivenLayer, type CollectContext, type SourceLayers } from './collect.js';
import { collectAfterWrites } from './collect-after-writes.js';
import type { Commit, CommitStore } from './commit.js';
import { Drift } from './drift-after-rollback.js';
import { LayerMemory, type LastRead, type SourceRevisions } from './layer-memory.js';
import { isFresh, type ReloadJob } from './reload-job.js';
import { restoreLayers } from './restore-layers.js';
import type { SourceList } from './source-list.js';

/** Result of the `collect` stage: the layers that a reload works on, and what becomes true with them. */
export interface Collected extends SourceLayers, Pick<Commit, 'overrides' | 'drift'> {
  /** `true` if the sources were read, `false` if the layers come from memory or from a kept version. */
  readonly isFromSources: boolean;
  /** The number of the version that is restored. */
  readonly restored?: number;
}

/** Everything that the `collect` stage needs. */
export interface LayerCollectorContext {
  readonly calls: AppCalls;
  readonly store: CommitStore;
  readonly sources: SourceList;
  readonly limits: ContentLimits;
  readonly formats: FormatRegistry;
  readonly thread: ParserThread;
  readonly variables: AllowedVariables;
  readonly secrets: SecretPolicy;
  readonly schemas: { readonly all: readonly unknown[] };
  /** Maximum time to wait for content that looks unfinished, in ms. */
  readonly settleTimeout: number;
  readonly states: SourceStates;
  readonly writes: WriteActivity;
}

/**
 * The `collect` stage. The layers come from the sources, from a kept version, or they are those in force, with other
 * overrides or with some replaced. All but the first read no source, so that they work while the sources are broken.
 */
export class LayerCollector {
  #failed: readonly ConfigSource[] = [];

  constructor(
    private readonly context: LayerCollectorContext,
    readonly memory = new LayerMemory(context.store),
  ) {}

  /** Returns a collector whose reading of the sources leaves no trace here, until `takeOver()`. */
  fork(): LayerCollector {
    const { sources, states, writes } = this.context;
    const context = { ...this.context, states: states.fork(), writes: new ObservedWrites(writes) };
    return new LayerCollector(context, this.memory.fork(sources.all));
  }

  /** Remembers what a fork has read, of each source that nothing else has read since. */
  takeOver(fork: LayerCollector): void {
    this.memory.takeOver(fork.memory);
  }

  async collect(job: ReloadJob): Promise<Collected> {
    const { input } = job;
    const { inForce } = this.context.store;
    this.#failed = [];
    switch (input?.kind) {
      case 'version':
        return this.#ofVersion(await input.find());
      case 'fallback':
        return { ...this.#ofVersion(await input.find()), drift: inForce.drift };
      case 'overrides':
        return this.#fromMemory(inForce.layers, input.change(inForce.overrides));
      case 'layers':
        for (const [source, layer] of input.layers) checkGivenLayer(source, layer);
        return {
          ...this.#fromMemory(new Map([...inForce.layers, ...input.layers]), inForce.overrides),
          drift: inForce.drift.afterGiving(input.layers),
        };
      case undefined:
        return this.#fromSources(job);
    }
  }

  /** Reads the sources as a manual reload does; records nothing. */
  draft(options: Pick<ReloadJob, 'force'> = {}): Promise<Collected> {
    return this.fork().collect({ cause: 'manual', ...options });
  }

  /** The layers of a kept version, for a comparison; records nothing. */
  draftOf(record: VersionRecord): Collected {
    return this.#ofVersion(record);
  }

  /** The last content of all sources. */
  get content(): SourceRevisions {
    return this.memory.revisions(this.context.sources.readable);
  }

  /** The sources whose failure has rejected the last reload that was collected here. */
  get failed(): readonly ConfigSource[] {
    return this.#failed;
  }

  /** The last load of the source with that name, in force or not. */
  lastRead(name: string): LastRead | undefined {
    const source = this.context.sources.named(name);
    return source && this.memory.lastRead(source);
  }

  /** The last layer of the source with that name; if its content could not be used, the layer in force. */
  liveLayer(name: string): Layer | undefined {
    const { inForce } = this.context.store;
    return this.lastRead(name)?.layer ?? this.named(inForce).find((layer) => layer.name === name)?.layer;
  }

  /** The layers of a commit with the names of their sources, lowest first; without the overrides. */
  named({ layers }: Pick<Commit, 'layers'>): readonly CommittedLayer[] {
    const sources = [...layers].filter(([source]) => source !== this.context.sources.overrides);
    const names = uniqueSourceNames(sources.map(([source]) => source));
    return sources.map(([source, layer]) => ({
      name: names.get(source)!, // every source has got a name
      layer,
      tree: this.memory.treeOf(source, layer),
      revision: shownRevision(source, layer, this.context.secrets),
    }));
  }

  /** With `force`, content that was rolled back from is used, too. */
  async #fromSources(job: ReloadJob): Promise<Collected> {
    const { memory } = this;
    const { force, kept } = job;
    const { sources, states, store, writes, schemas } = this.context;
    const { limits, formats, thread, settleTimeout, secrets, variables, calls } = this.context;
    const { drift, overrides } = store.inForce;
    const order = force ? sources.all : drift.withPlaceholders(sources.all);
    const read = order.filter((source) => source !== sources.overrides);
    const replacementFor: CollectContext['replacementFor'] = force
      ? undefined
      : (source, content) => drift.replacementFor(source, content);
    const keptAtBoot = kept && ((source: ConfigSource) => kept(sources.nameOf(source)));
    const hasSchema = schemas.all.length > 0;
    const failed = (failing: readonly ConfigSource[]) => (this.#failed = failing);
    const how = {
      calls,
      failed,
      fresh: isFresh(job),
      keptAtBoot,
      replacementFor,
      limits,
      formats,
      thread,
      settleTimeout,
      secrets,
      variables,
      hasSchema,
    };
    const { layers, warnings } = await collectAfterWrites({ sources: read, memory, states, ...how }, writes);
    return {
      isFromSources: true,
      layers: this.#withOverrides(layers, order, overrides),
      warnings,
      overrides,
      drift: drift.afterReading(layers, (source) => memory.contentOf(source)),
    };
  }

  #ofVersion(record: VersionRecord): Collected {
    const restored = restoreLayers(record.layers, this.context.sources.all, (source) =>
      this.memory.reusableLayers(source),
    );
    const now = Date.now();
    const overrides = record.overrides.filter(({ expiresAt }) => expiresAt === undefined || +expiresAt > now);
    return {
      isFromSources: false,
      layers: this.#withOverrides(restored.layers, restored.order, overrides),
      warnings: [...restored.layers.values()].flatMap((layer) => layer.warnings ?? []),
      overrides,
      drift: Drift.after(restored, (source) => this.memory.contentOf(source)),
      restored: record.version,
    };
  }

  #fromMemory(layers: ReadonlyMap<ConfigSource, Layer>, overrides: readonly Override[]): Collected {
    const { drift, warnings } = this.context.store.inForce;
    const order = drift.withPlaceholders(this.context.sources.all);
    return {
      isFromSources: false,
      layers: this.#withOverrides(layers, order, overrides),
      warnings,
      overrides,
      drift,
    };
  }

  /**
   * Puts the layers in the order of the sources, with that of the overrides at its place. Without overrides there is none:
   * an empty last layer would be named as the place of missing keys.
   */
  #withOverrides(
    layers: ReadonlyMap<ConfigSource, Layer>,
    order: readonly ConfigSource[],
    entries: readonly Override[],
  ): ReadonlyMap<ConfigSource, Layer> {
    const { overrides } = this.context.sources;
    const own = entries.length > 0 ? overrides.layerOf(entries) : undefined;
    const placed = order.includes(overrides) ? order : [...order, overrides];
    return new Map(
      placed.flatMap((source) => {
        const layer = source === overrides ? own : layers.get(source);
        return layer === undefined ? [] : [[source, layer] as const];
      }),
    );
  }
}
