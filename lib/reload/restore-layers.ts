import { RestoredLayer } from '../history/restored-layer.js';
import type { RecordedLayer } from '../history/version-record.js';
import type { Layer } from '../model/layer.interface.js';
import { isSameState } from './is-same-state.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { OverridesSource } from '../sources/overrides.source.js';
import { uniqueSourceNames } from '../sources/contract/unique-source-names.js';

/** The layers of an earlier version, assigned to the sources that the app has now. */
export interface RestoredLayers {
  /** The sources and the placeholders, lowest first. */
  readonly order: readonly ConfigSource[];
  /** In the same order. */
  readonly layers: ReadonlyMap<ConfigSource, Layer>;
  /** Sources made here, for those of the version that the app has no longer. */
  readonly placeholders: readonly ConfigSource[];
}

/**
 * Assigns the layers of a version to the sources by their names. A source that was added later gets an empty layer; a
 * layer whose source was removed gets a placeholder at its former position.
 *
 * @param reusable returns layers of a source that know positions in files, which a restored layer does not
 */
export function restoreLayers(
  recorded: readonly RecordedLayer[],
  sources: readonly ConfigSource[],
  reusable: (source: ConfigSource) => readonly Layer[],
): RestoredLayers {
  const order = [...sources];
  // The overrides of a version are not among its layers.
  const isRead = (source: ConfigSource) => !(source instanceof OverridesSource);
  const names = uniqueSourceNames(sources.filter(isRead));
  const layers = new Map<ConfigSource, Layer>();
  const placeholders: ConfigSource[] = [];
  let index = 0;
  for (const layer of recorded) {
    const source = sources.find((candidate) => names.get(candidate) === layer.source);
    if (source === undefined) {
      const restored = new RestoredLayer(layer);
      const placeholder: ConfigSource = { name: layer.source, load: async () => restored };
      order.splice(index, 0, placeholder);
      placeholders.push(placeholder);
      layers.set(placeholder, restored);
      index += 1;
    } else {
      const same = reusable(source).find((known) => isSameState(source, known, layer));
      layers.set(source, same ?? new RestoredLayer(layer));
      index = order.indexOf(source) + 1;
    }
  }
  const layerOf = (source: ConfigSource) =>
    layers.get(source) ?? new RestoredLayer(emptyLayer(names.get(source)!));
  return {
    order,
    placeholders,
    layers: new Map(order.filter(isRead).map((source) => [source, layerOf(source)])),
  };
}

function emptyLayer(source: string): RecordedLayer {
  return { source, hash: 'empty', tree: {} };
}
