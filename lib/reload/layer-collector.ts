import type { CommittedLayer } from '../history/record-version.js';
import type { VersionRecord } from '../history/version-record.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { type Override, OverridesSource } from '../sources/overrides.source.js';
import type { SourceLayers } from './collect.js';
import { uniqueSourceNames } from '../sources/contract/unique-source-names.js';
import { Drift } from './drift-after-rollback.js';
import type { LastRead, LayerMemory } from './layer-memory.js';
import { restoreLayers, type RestoredLayers } from './restore-layers.js';
import type { ReloadJob } from './reload-job.js';
import type { Stages } from './stages.js';

/** The layers that a reload works on, and what is recorded about them if the reload succeeds. */
export interface CollectedLayers extends SourceLayers {
  /** `true` if the sources were read, `false` if the layers come from memory or from a kept version. */
  readonly fromSources: boolean;
  /** The overrides to set; undefined leaves them unchanged. */
  readonly overrides?: readonly Override[];
  /** Set by a rollback: from now on the sources drift from these layers. */
  readonly driftFrom?: RestoredLayers;
  /** The number of the version that is restored. */
  readonly restoredVersion?: number;
}

/**
 * Decides where the layers of a reload come from: the sources, a kept version, or the layers in force with other
 * overrides. The last two read no source, so that they work while the sources are broken.
 */
export class LayerCollector {
  readonly drift = new Drift();
  readonly overrides: OverridesSource;
  #sources: readonly ConfigSource[];

  constructor(
    sources: readonly ConfigSource[],
    private readonly stages: Stages,
    private readonly memory: LayerMemory,
  ) {
    this.#sources = sources;
    this.overrides = sources.find((source) => source instanceof OverridesSource) ?? new OverridesSource();
  }

  /** The sources in the order of the app, lowest first. */
  get sources(): readonly ConfigSource[] {
    return this.#sources;
  }

  /** Replaces the list of sources, from the next reload on. */
  replaceSources(sources: readonly ConfigSource[]): void {
    this.#sources = sources;
  }

  /** The layers in force, lowest first. */
  get layersWithOverrides(): readonly Layer[] {
    return [...this.memory.appliedLayers.values()];
  }

  /** The layers in force without overrides, lowest first. */
  get layers(): readonly CommittedLayer[] {
    const layers = [...this.memory.appliedLayers].filter(([source]) => source !== this.overrides);
    const names = uniqueSourceNames(layers.map(([source]) => source));
    return layers.map(([source, layer]) => ({
      name: names.get(source)!, // every source has got a name
      layer,
      tree: this.memory.treeOf(source, layer),
    }));
  }

  /** The last load of the source with that name, in force or not. */
  lastRead(name: string): LastRead | undefined {
    const others = this.#sources.filter((source) => source !== this.overrides);
    const [source] = [...uniqueSourceNames(others)].find((entry) => entry[1] === name) ?? [];
    return source && this.memory.lastRead(source);
  }

  /** The last layer of the source with that name; if its content could not be used, the layer in force. */
  liveLayer(name: string): Layer | undefined {
    return this.lastRead(name)?.layer ?? this.layers.find((committed) => committed.name === name)?.layer;
  }

  /** Collects the layers for a reload. */
  async collect({ input, force }: ReloadJob): Promise<CollectedLayers> {
    switch (input?.kind) {
      case 'version':
        return this.#layersOfVersion(await input.find());
      case 'fallback': {
        const { driftFrom: _driftFrom, ...collected } = this.#layersOfVersion(await input.find());
        return collected;
      }
      case 'overrides':
        return this.#withOtherOverrides(input.change(this.overrides.entries));
      case undefined:
        return { ...(await this.#readSources(force ?? false)), fromSources: true };
    }
  }

  /** Reads the sources for a plan, skipped content included; records nothing. */
  draft(): Promise<SourceLayers> {
    const memory = this.memory.fork(this.#sources);
    return this.stages.collect(this.#placeOverrides(this.#sources), undefined, memory);
  }

  /** The layers of a kept version, for a comparison; records nothing. */
  draftOf(record: VersionRecord): SourceLayers {
    return this.#layersOfVersion(record);
  }

  /** Records overrides and drift. Called when the collected layers are in force. */
  markApplied({ fromSources, overrides, driftFrom, layers }: CollectedLayers): void {
    if (overrides !== undefined) this.overrides.replace(overrides);
    const contentOf = (source: ConfigSource) => this.memory.contentOf(source);
    if (driftFrom !== undefined) this.drift.start(driftFrom, contentOf);
    if (fromSources) this.drift.update(layers, contentOf);
  }

  /** `force` applies content that was rolled back from, too. */
  #readSources(force: boolean): Promise<SourceLayers> {
    if (force) return this.stages.collect(this.#placeOverrides(this.#sources), undefined);
    const sources = this.#placeOverrides(this.drift.withPlaceholders(this.#sources));
    return this.stages.collect(sources, (source, content) => this.drift.replacementFor(source, content));
  }

  #layersOfVersion(record: VersionRecord): CollectedLayers {
    const restored = restoreLayers(record.layers, this.#sources, (source) =>
      this.memory.reusableLayers(source),
    );
    const now = Date.now();
    const overrides = record.overrides.filter(({ expiresAt }) => expiresAt === undefined || +expiresAt > now);
    return {
      fromSources: false,
      warnings: [],
      layers: this.#overlay(restored.layers, restored.order, overrides),
      overrides,
      driftFrom: restored,
      restoredVersion: record.version,
    };
  }

  #withOtherOverrides(overrides: readonly Override[]): CollectedLayers {
    const sources = this.drift.withPlaceholders(this.#sources);
    const layers = this.#overlay(this.memory.appliedLayers, sources, overrides);
    return { fromSources: false, warnings: [], layers, overrides };
  }

  /** The layers of `sources`, with these overrides at their position; on top by default. */
  #overlay(
    layers: ReadonlyMap<ConfigSource, Layer>,
    sources: readonly ConfigSource[],
    overrides: readonly Override[],
  ): ReadonlyMap<ConfigSource, Layer> {
    const placed = sources.includes(this.overrides) ? sources : [...sources, this.overrides];
    const own = overrides.length > 0 ? this.overrides.layerOf(overrides) : undefined;
    return new Map(
      placed.flatMap((source) => {
        const layer = source === this.overrides ? own : layers.get(source);
        return layer === undefined ? [] : [[source, layer] as const];
      }),
    );
  }

  /** Adds the source of overrides only if there are any: an empty last layer would be named as the place of missing keys. */
  #placeOverrides(sources: readonly ConfigSource[]): readonly ConfigSource[] {
    const others = sources.filter((source) => source !== this.overrides);
    if (this.overrides.entries.length === 0) return others;
    return sources.includes(this.overrides) ? sources : [...sources, this.overrides];
  }
}
