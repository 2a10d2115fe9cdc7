import type { Layer } from '../model/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../model/origin.interface.js';
import { isPlainObject } from '../util/branches.js';
import { valueAt } from '../model/paths.js';

/**
 * Where the value at `path` comes from: the last layer that says it. For a path that no layer says, the nearest value
 * around it, so that a missing key is shown where it belongs.
 */
export function locate(
  layers: readonly Layer[],
  path: readonly string[],
  part?: OriginPart,
): ConfigOrigin | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const around = path.slice(0, depth);
    const layer = layerAt(layers, around);
    if (layer !== undefined) return layer.locate(around, part) ?? { source: layer.source };
  }
  const last = layers.at(-1);
  return last && (last.locate([]) ?? { source: last.source });
}

/** The last layer that says something at exactly `path`. */
export function layerAt(layers: readonly Layer[], path: readonly string[]): Layer | undefined {
  return layers
    .slice(lowestVisible(layers, path))
    .findLast((candidate) => valueAt(candidate.tree, path) !== undefined);
}

/** A layer that puts an array or a scalar on the way to `path` hides what the layers below it say there. */
function lowestVisible(layers: readonly Layer[], path: readonly string[]): number {
  const hiding = layers.findLastIndex(({ tree }) =>
    path.slice(1).some((_key, index) => {
      const onTheWay = valueAt(tree, path.slice(0, index + 1));
      return onTheWay !== undefined && !isPlainObject(onTheWay);
    }),
  );
  return Math.max(hiding, 0);
}
