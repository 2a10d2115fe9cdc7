import type { Layer } from './layer.interface.js';
import type { ConfigOrigin } from './origin.interface.js';
import { valueAt } from './paths.js';

/**
 * Where the value at `path` comes from: the last layer that says it. For a path that no layer says, the nearest value
 * around it, so that a missing key is shown where it belongs.
 */
export function locate(layers: readonly Layer[], path: readonly string[]): ConfigOrigin | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const around = path.slice(0, depth);
    const layer = layers.findLast((candidate) => valueAt(candidate.tree, around) !== undefined);
    if (layer !== undefined) return layer.locate(around) ?? { source: layer.source };
  }
  const last = layers.at(-1);
  return last && (last.locate([]) ?? { source: last.source });
}
