import type { Layer } from '../model/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../model/origin.interface.js';
import { isPlainObject } from '../util/branches.js';
import { tryParsePath, valueAt } from '../model/paths.js';

/**
 * Returns the origin of the value at `path`: the last layer that contains it wins. For a path that no layer contains,
 * returns the origin of the nearest value around it, so that a missing key is shown where it belongs: at the top level, that
 * is the last layer that a person writes. What is wrong with the whole of several layers is the fault of none.
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
  if (path.length === 0 && layers.length > 1) return undefined;
  const last = layers.findLast(({ fromCode }) => fromCode !== true) ?? layers.at(-1);
  return last && (last.locate([]) ?? { source: last.source });
}

/** A string that is one reference, without a default. */
const REFERENCE = /^\$\{([^${}]+)\}$/;

/** Maximum number of references that a value is looked up through. */
const MAX_REFERENCES = 100;

/**
 * Returns the characters of the number, boolean or null at `path` as its source has them; undefined if the source has no
 * text. For a reference such as `${server.port}`, those of the value that it refers to.
 */
export function textOf(
  layers: readonly Layer[],
  path: readonly string[],
  references = MAX_REFERENCES,
): string | undefined {
  const layer = layerAt(layers, path);
  const value = layer && valueAt(layer.tree, path);
  if (typeof value !== 'string') return layer?.textOf?.(path);
  const name = layer?.mayRefer === true ? REFERENCE.exec(value)?.[1] : undefined;
  const target = name === undefined ? undefined : tryParsePath(name);
  return target === undefined || references === 0 ? undefined : textOf(layers, target, references - 1);
}

/** Returns the last layer that contains a value at exactly `path`. */
export function layerAt(layers: readonly Layer[], path: readonly string[]): Layer | undefined {
  return layers
    .slice(lowestVisible(layers, path))
    .findLast((candidate) => valueAt(candidate.tree, path) !== undefined);
}

/** Returns the index of the last layer with an array or a scalar above `path`, which replaces all layers below it. */
function lowestVisible(layers: readonly Layer[], path: readonly string[]): number {
  const replacing = layers.findLastIndex(({ tree }) =>
    path.slice(1).some((_key, index) => {
      const above = valueAt(tree, path.slice(0, index + 1));
      return above !== undefined && !isPlainObject(above);
    }),
  );
  return Math.max(replacing, 0);
}
