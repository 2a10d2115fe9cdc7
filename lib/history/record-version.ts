import type { AppliedReload } from '../model/reload-result.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Override } from '../sources/overrides.source.js';
import { diffStats } from '../diff/diff-stats.js';
import { RestoredLayer } from './restored-layer.js';
import { RecordedFile } from './recorded-file.js';
import type { RecordedLayer, VersionRecord } from './version-record.js';

/** A layer that is in force, and its tree, which shares with the one before what did not change. */
export interface CommittedLayer {
  /** The name of its source among those of all the others. */
  readonly name: string;
  readonly layer: Layer;
  readonly tree: ConfigTree;
}

/** What a commit was made of. */
export interface CommitFacts {
  readonly snapshot: Snapshot;
  readonly result: AppliedReload;
  /** Lowest first; without the overrides. */
  readonly layers: readonly CommittedLayer[];
  readonly overrides: readonly Override[];
  /** The number of the version that was brought back. */
  readonly restored: number | undefined;
}

/** Makes the record of a commit; what did not change since `previous` is shared with it. */
export function recordVersion(facts: CommitFacts, previous: VersionRecord | undefined): VersionRecord {
  const { snapshot, result, overrides, restored } = facts;
  const { version, hash, time, cause } = snapshot;
  const layers = facts.layers.map((committed) => recordLayer(committed, layerOf(previous, committed.name)));
  return {
    version,
    hash,
    time,
    cause,
    ...(result.reason !== undefined && { reason: result.reason }),
    ...(result.actor !== undefined && { actor: result.actor }),
    ...(restored !== undefined && { restored }),
    changedSources: changedSources(layers, overrides, previous),
    stats: diffStats(result.changes),
    layers,
    overrides,
    snapshot,
  };
}

function recordLayer(
  { name, layer, tree }: CommittedLayer,
  previous: RecordedLayer | undefined,
): RecordedLayer {
  if (layer instanceof RestoredLayer) return layer.recorded;
  if (previous?.hash === layer.hash) return previous;
  const files = layer.files?.map((file) => {
    const recorded = new RecordedFile(file);
    previous?.files?.find(({ path }) => path === file.path)?.supersededBy(recorded);
    return recorded;
  });
  return { source: name, hash: layer.hash, tree, ...(files && { files }) };
}

function changedSources(
  layers: readonly RecordedLayer[],
  overrides: readonly Override[],
  previous: VersionRecord | undefined,
): string[] {
  const changed = layers.filter(({ source, hash }) => layerOf(previous, source)?.hash !== hash);
  const lost = (previous?.layers ?? []).filter(
    ({ source }) => !layers.some((layer) => layer.source === source),
  );
  const names = [...changed, ...lost].map(({ source }) => source);
  return sameOverrides(overrides, previous?.overrides ?? []) ? names : [...names, 'overrides'];
}

function sameOverrides(some: readonly Override[], others: readonly Override[]): boolean {
  return some.length === others.length && some.every((override, index) => override === others[index]);
}

function layerOf(record: VersionRecord | undefined, source: string): RecordedLayer | undefined {
  return record?.layers.find((layer) => layer.source === source);
}
