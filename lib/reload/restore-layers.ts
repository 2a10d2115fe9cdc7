import { RestoredLayer } from '../history/restored-layer.js';
import type { RecordedLayer } from '../history/version-record.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { uniqueSourceNames } from '../sources/contract/unique-source-names.js';

/** What the sources said in an earlier version, for the sources the app has now. */
export interface RestoredLayers {
  /** All of them, lowest first. */
  readonly order: readonly ConfigSource[];
  readonly layers: ReadonlyMap<ConfigSource, Layer>;
  /** Those of them that stand for sources that the app does not have any more. */
  readonly ghosts: readonly ConfigSource[];
}

/**
 * Puts the layers of a version in the places of the sources. A source that came later says nothing in it; one that is
 * gone is stood in for.
 */
export function restoreLayers(
  recorded: readonly RecordedLayer[],
  sources: readonly ConfigSource[],
  known: (source: ConfigSource) => readonly Layer[],
): RestoredLayers {
  const order = [...sources];
  const names = uniqueSourceNames(sources);
  const layers = new Map<ConfigSource, Layer>();
  const ghosts: ConfigSource[] = [];
  let place = 0;
  for (const layer of recorded) {
    const source = sources.find((candidate) => names.get(candidate) === layer.source);
    if (source === undefined) {
      const lost = new RestoredLayer(layer);
      const ghost = ghostOf(lost);
      order.splice(place, 0, ghost);
      ghosts.push(ghost);
      layers.set(ghost, lost);
      place += 1;
    } else {
      const same = known(source).find(({ hash }) => hash === layer.hash);
      layers.set(source, same ?? new RestoredLayer(layer));
      place = order.indexOf(source) + 1;
    }
  }
  for (const source of sources)
    if (!layers.has(source)) layers.set(source, new RestoredLayer(silent(names.get(source)!)));
  return { order, ghosts, layers: new Map(order.map((source) => [source, layers.get(source)!])) };
}

function ghostOf(layer: RestoredLayer): ConfigSource {
  return { name: layer.source, load: async () => layer };
}

function silent(source: string): RecordedLayer {
  return { source, hash: 'says nothing', tree: {} };
}
