import type { AppliedReload } from '../model/reload-result.interface.js';
import type { SecretReference } from '../interpolation/interpolation.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import type { RedactedResult } from '../secrets/redacted.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Override } from '../sources/overrides.source.js';
import { diffStats } from '../diff/diff-stats.js';
import { countOwnValues } from './count-own-values.js';
import { RestoredLayer } from './restored-layer.js';
import { RecordedFile } from './recorded-file.js';
import { revisionsIn } from './shown-revision.js';
import type { RecordedLayer, VersionRecord } from './version-record.js';

/** A layer that is in force. Its tree shares unchanged parts with the tree of the previous version. */
export interface CommittedLayer {
  /** The name of its source, which no other source has. */
  readonly name: string;
  readonly layer: Layer;
  readonly tree: ConfigTree;
  /** Its revision, from `shownRevision()`. */
  readonly revision?: string | undefined;
}

/** The parts of a commit that history records. */
export interface CommitToRecord {
  readonly snapshot: Snapshot;
  readonly result: RedactedResult<AppliedReload>;
  /** In the order of precedence, lowest first; without the overrides. */
  readonly layers: readonly CommittedLayer[];
  readonly overrides: readonly Override[];
  readonly references: readonly SecretReference[];
  /** The number of the version that the commit restored. */
  readonly restored: number | undefined;
}

/** Creates the record of a commit. It shares unchanged layers with the record `previous`. */
export function recordVersion(commit: CommitToRecord, previous: VersionRecord | undefined): VersionRecord {
  const { snapshot, result, overrides, references, restored } = commit;
  const { version, hash, time, cause } = snapshot;
  const before = new Map(previous?.layers.map((layer) => [layer.source, layer]));
  const layers = commit.layers.map((committed) => recordLayer(committed, before.get(committed.name)));
  return {
    version,
    hash,
    time,
    cause,
    ...(result.reason !== undefined && { reason: result.reason }),
    ...(result.actor !== undefined && { actor: result.actor }),
    ...(restored !== undefined && { restored }),
    changedSources: changedSources(layers, before, isSameList(overrides, previous?.overrides ?? [])),
    ...revisionsIn(layers),
    stats: diffStats(result.changes),
    layers,
    overrides,
    ownValues: ownValuesOf(snapshot, layers, before, previous?.snapshot),
    references,
    snapshot,
  };
}

/** The layers of a version, by the names of their sources. */
type LayersByName = ReadonlyMap<string, RecordedLayer>;

function ownValuesOf(
  snapshot: Snapshot,
  layers: readonly RecordedLayer[],
  before: LayersByName,
  previous: Snapshot | undefined,
): number {
  const ofLayers = layers.map(({ source, tree }) => countOwnValues(tree, before.get(source)?.tree));
  return ofLayers.reduce((sum, count) => sum + count, countOwnValues(snapshot.value, previous?.value));
}

function recordLayer(
  { name, layer, tree, revision }: CommittedLayer,
  previous: RecordedLayer | undefined,
): RecordedLayer {
  if (layer instanceof RestoredLayer) return layer.recorded;
  if (previous?.hash === layer.hash) return withRevision(previous, revision);
  const before = new Map(previous?.files?.map((file) => [file.path, file]));
  const files = layer.files?.map((file) => RecordedFile.after(before.get(file.path), file));
  const mayRefer = layer.mayRefer === true;
  const content = {
    source: name,
    hash: layer.hash,
    tree,
    ...(mayRefer && { mayRefer }),
    ...(files && { files }),
  };
  return withRevision(content, revision);
}

/** Returns the same layer if it has that revision. A new revision may have the same content. */
function withRevision(layer: RecordedLayer, revision: string | undefined): RecordedLayer {
  if (layer.revision === revision) return layer;
  const { revision: _former, ...content } = layer;
  return revision === undefined ? content : { ...content, revision };
}

function changedSources(
  layers: readonly RecordedLayer[],
  before: LayersByName,
  hasSameOverrides: boolean,
): string[] {
  const present = new Set(layers.map(({ source }) => source));
  const changed = layers.filter(({ source, hash }) => before.get(source)?.hash !== hash);
  const removed = [...before.values()].filter(({ source }) => !present.has(source));
  const names = [...changed, ...removed].map(({ source }) => source);
  return hasSameOverrides ? names : [...names, 'overrides'];
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
