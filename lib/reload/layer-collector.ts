import type { CommittedLayer } from '../history/record-version.js';
import type { VersionRecord } from '../history/version-record.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { type Override, OverridesSource } from '../sources/overrides.source.js';
import type { SourceLayers } from './collect.js';
import { uniqueSourceNames } from '../sources/contract/unique-source-names.js';
import { Drift } from './drift.js';
import type { LastRead, LayerMemory } from './layer-memory.js';
import { restoreLayers, type RestoredLayers } from './restore-layers.js';
import type { ReloadJob } from './reload-job.js';
import type { Stages } from './stages.js';

/** The layers that a reload works on, and what is to be remembered of them where it goes well. */
export interface CollectedLayers extends SourceLayers {
  /** Whether the sources were asked. */
  readonly fromSources: boolean;
  /** What is set from now on; undefined leaves it as it is. */
  readonly overrides?: readonly Override[];
  readonly recall?: RestoredLayers;
  /** The version that is brought back. */
  readonly restored?: number;
}

/**
 * Where the layers of a reload come from: the sources, an earlier version, or what is in force with other overrides.
 * The last two ask no source, so that they work while the sources say nothing that can be used.
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

  /** The sources as the app named them, lowest first. */
  get sources(): readonly ConfigSource[] {
    return this.#sources;
  }

  /** Takes another list of sources; it counts from the next reload on. */
  replaceSources(sources: readonly ConfigSource[]): void {
    this.#sources = sources;
  }

  /** The layers that are in force, lowest first. */
  get layersWithOverrides(): readonly Layer[] {
    return [...this.memory.layers.values()];
  }

  /** The layers of the sources that are in force, lowest first. */
  get layers(): readonly CommittedLayer[] {
    const layers = [...this.memory.layers].filter(([source]) => source !== this.overrides);
    const names = uniqueSourceNames(layers.map(([source]) => source));
    return layers.map(([source, layer]) => ({
      name: names.get(source)!, // all of them were named
      layer,
      tree: this.memory.treeOf(source, layer),
    }));
  }

  /** What a source said last, in force or not. */
  lastRead(name: string): LastRead | undefined {
    const source = this.#sourceCalled(name);
    return source && this.memory.lastRead(source);
  }

  /** What a source says now, or where that cannot be used, what of it is in force. */
  liveLayer(name: string): Layer | undefined {
    return this.lastRead(name)?.layer ?? this.layers.find((committed) => committed.name === name)?.layer;
  }

  /** The layers that an order is about. */
  async collect(order: ReloadJob): Promise<CollectedLayers> {
    const { input } = order;
    if (input?.kind === 'version') return this.#recall(await input.find());
    if (input?.kind === 'fallback') {
      const { recall: _recall, ...gathered } = this.#recall(await input.find());
      return gathered;
    }
    if (input?.kind === 'overrides') return this.#override(input.change(this.overrides.entries));
    return { ...(await this.#collect(order.force ?? false)), fromSources: true };
  }

  /** What the sources say now, whatever was rolled back from; nothing is remembered of it. */
  draft(): Promise<SourceLayers> {
    const memory = this.memory.fork(this.#sources);
    return this.stages.collect(this.#withOverrides(this.#sources), undefined, memory);
  }

  /** What the sources said in a version; nothing is remembered of it. */
  draftOf(record: VersionRecord): SourceLayers {
    return this.#recall(record);
  }

  /** To be called when what was gathered is in force. */
  accept({ fromSources, overrides, recall: recalled, layers }: CollectedLayers): void {
    if (overrides !== undefined) this.overrides.replace(overrides);
    const lastSaid = (source: ConfigSource) => this.memory.contentOf(source);
    if (recalled !== undefined) this.drift.begin(recalled, lastSaid);
    if (fromSources) this.drift.settle(layers, lastSaid);
  }

  #sourceCalled(wanted: string): ConfigSource | undefined {
    const others = this.#sources.filter((source) => source !== this.overrides);
    return [...uniqueSourceNames(others)].find(([, name]) => name === wanted)?.[0];
  }

  #collect(force: boolean): Promise<SourceLayers> {
    if (force) return this.stages.collect(this.#withOverrides(this.#sources), undefined);
    const sources = this.#withOverrides(this.drift.withGhosts(this.#sources));
    return this.stages.collect(sources, (source, said) => this.drift.standIn(source, said));
  }

  #recall(record: VersionRecord): CollectedLayers {
    const recalled = restoreLayers(record.layers, this.#sources, (source) => this.memory.known(source));
    const now = Date.now();
    const entries = record.overrides.filter(({ expiresAt }) => expiresAt === undefined || +expiresAt > now);
    const layers = this.#onTop(recalled.layers, recalled.order, entries);
    return {
      fromSources: false,
      warnings: [],
      layers,
      overrides: entries,
      recall: recalled,
      restored: record.version,
    };
  }

  #override(entries: readonly Override[]): CollectedLayers {
    const sources = this.drift.withGhosts(this.#sources);
    const layers = this.#onTop(this.memory.layers, sources, entries);
    return { fromSources: false, warnings: [], layers, overrides: entries };
  }

  /** The layers of `sources`, with these overrides in their place. */
  #onTop(
    layers: ReadonlyMap<ConfigSource, Layer>,
    sources: readonly ConfigSource[],
    entries: readonly Override[],
  ): ReadonlyMap<ConfigSource, Layer> {
    const placed = sources.includes(this.overrides) ? sources : [...sources, this.overrides];
    const own = entries.length > 0 ? this.overrides.layerOf(entries) : undefined;
    return new Map(
      placed.flatMap((source) => {
        const layer = source === this.overrides ? own : layers.get(source);
        return layer === undefined ? [] : [[source, layer] as const];
      }),
    );
  }

  /** A layer that says nothing would be the place of everything that nobody says. */
  #withOverrides(sources: readonly ConfigSource[]): readonly ConfigSource[] {
    const others = sources.filter((source) => source !== this.overrides);
    if (this.overrides.entries.length === 0) return others;
    return sources.includes(this.overrides) ? sources : [...sources, this.overrides];
  }
}
