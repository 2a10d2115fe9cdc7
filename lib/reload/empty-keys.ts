import { ConfigValidationError } from '../errors/config.errors.js';
import { RestoredLayer } from '../history/restored-layer.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import { type ConfigOrigin, formatOrigin } from '../model/origin.interface.js';
import { formatPath, valueAt } from '../model/paths.js';
import { layerAt } from '../snapshot/locate.js';
import { merge } from '../snapshot/merge.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { OverridesSource } from '../sources/overrides.source.js';
import { isPlainObject } from '../util/branches.js';
import { absentNull, ADVICE } from '../validation/class-nulls.js';
import type { NullPlace } from '../validation/null-rules.js';
import { type FoundNull, NullSearch } from '../validation/nulls-in-tree.js';

type Layers = ReadonlyMap<ConfigSource, Layer>;

/** Origins by path. */
type Shown = ReadonlyMap<string, ConfigOrigin | undefined>;

/** Layers without the nulls that count as absent. */
export interface VisibleLayers {
  /** The layers as they are merged, lowest first. */
  readonly visible: Layers;
  readonly warnings: readonly ConfigIssue[];
}

/**
 * Decides what an empty key means: null counts as absent where a schema class does not allow it, so that a lower layer or
 * the default shows through. If no class describes the place, null is a value, and a warning names what it hides.
 */
export class EmptyKeys {
  readonly #search = new NullSearch();

  /**
   * Returns the layers as they are merged.
   *
   * @param treeOf returns the tree of a layer, which shares what did not change
   * @throws ConfigValidationError if an override sets null where it would count as absent
   */
  resolve(
    layers: Layers,
    treeOf: (source: ConfigSource, layer: Layer) => ConfigTree,
    place: NullPlace | undefined,
  ): VisibleLayers {
    const visible = new Map<ConfigSource, Layer>();
    const warnings: ConfigIssue[] = [];
    for (const [source, layer] of layers) {
      const tree = treeOf(source, layer);
      if (!this.#search.hasNull(tree)) visible.set(source, tree === layer.tree ? layer : viewOf(layer, tree));
      else {
        const decision = new Decision(source, layer, [...visible.values()], warnings);
        const kept = this.#search.replaced(tree, place, (found) => decision.of(found));
        visible.set(source, viewOf(layer, kept, decision.shown));
      }
    }
    return { visible, warnings };
  }
}

/** Decides about the nulls of one layer. */
class Decision {
  /** The values that the layer itself has instead of a null. */
  readonly shown = new Map<string, ConfigOrigin | undefined>();
  #merged: ConfigTree | undefined;

  constructor(
    private readonly source: ConfigSource,
    private readonly layer: Layer,
    private readonly below: readonly Layer[],
    private readonly warnings: ConfigIssue[],
  ) {}

  /** Returns the value of a null: null; or undefined, if it counts as absent; or what it hides in its own source. */
  of(found: FoundNull): unknown {
    const { path, meaning } = found;
    if (meaning === 'value') return null;
    const [own] = this.layer.shadowedAt?.(path) ?? [];
    const under = own?.value ?? (found.isInList ? undefined : this.#valueBelow(path));
    const hidden = countOf(under);
    const place = () => (own === undefined ? this.#placeBelow(path) : formatOrigin(own.origin ?? this.layer));
    if (meaning === undefined) {
      if (hidden !== undefined && !isMeant(this.layer)) this.#warn(path, hides(path, hidden, place()));
      return null;
    }
    // The rules of the place refuse the null, unless a lower layer has what the place needs.
    if (meaning === 'refused' && hidden === undefined) return null;
    if (this.source instanceof OverridesSource) throw this.#refused(path);
    const name = formatPath(path);
    this.#warn(path, under === undefined ? absentNull(name, found.hasDefault) : shows(name, place()));
    if (own === undefined) return undefined;
    this.shown.set(name, own.origin);
    return own.value;
  }

  #valueBelow(path: readonly string[]): unknown {
    this.#merged ??= merge(this.below.map(({ tree }) => tree));
    return valueAt(this.#merged, path) ?? undefined;
  }

  #placeBelow(path: readonly string[]): string {
    const layer = layerAt(this.below, path);
    const origin = layer?.locate(path);
    return origin === undefined ? (layer?.source ?? 'a lower source') : formatOrigin(origin);
  }

  #warn(path: readonly string[], message: string): void {
    this.warnings.push(this.#issue(path, message));
  }

  #refused(path: readonly string[]): ConfigValidationError {
    const name = formatPath(path);
    const message = `${name} cannot be null; set a value, or remove the override, or mark the property @Nullable()`;
    return new ConfigValidationError('An override is not valid', [this.#issue(path, message)]);
  }

  #issue(path: readonly string[], message: string): ConfigIssue {
    const origin = this.layer.locate(path) ?? { source: this.layer.source };
    return { path: formatPath(path), message, origin };
  }
}

function hides(path: readonly string[], hidden: string, place: string): string {
  const keeps = hidden.includes('value') ? 'write {} or remove the key' : 'remove the key';
  return `${formatPath(path)} has no value here, and hides the ${hidden} of ${place}; ${keeps} to keep ${hidden.startsWith('one ') ? 'it' : 'them'}`;
}

function shows(name: string, place: string): string {
  return `${name} has no value here, so that of ${place} is used; ${ADVICE}`;
}

/** Describes the members of a branch; undefined if there is nothing to hide. */
function countOf(value: unknown): string | undefined {
  if (!Array.isArray(value) && !isPlainObject(value)) return undefined;
  const count = Object.keys(value).length;
  if (count === 0) return undefined;
  const noun = Array.isArray(value) ? 'element' : 'value';
  return count === 1 ? `one ${noun}` : `${count} ${noun}s`;
}

/** Code that returns null means it; and a restored version has given its warnings before. */
function isMeant(layer: Layer): boolean {
  return layer.fromCode === true || layer instanceof RestoredLayer;
}

/**
 * Returns a layer with another tree. Not a copy: methods of a layer may need the object itself.
 *
 * @param shown the origins of the values that the layer itself has instead of an empty key
 */
function viewOf(layer: Layer, tree: ConfigTree, shown: Shown = new Map()): Layer {
  const { stringsOnly } = layer;
  const originOf = (path: readonly string[]) => shown.size > 0 && shown.get(formatPath(path));
  // Each member by its name, so that the compiler asks for a new one.
  const view: { [Member in keyof Required<Layer>]: Layer[Member] } = {
    source: layer.source,
    tree,
    hash: layer.hash,
    revision: layer.revision,
    warnings: layer.warnings,
    stringsOnly: typeof stringsOnly === 'function' ? (path) => stringsOnly.call(layer, path) : stringsOnly,
    secretPaths: layer.secretPaths,
    mayRefer: layer.mayRefer,
    fromCode: layer.fromCode,
    get files() {
      return layer.files; // made by some layers when they are read
    },
    locate: (path, part) => originOf(path) || layer.locate(path, part),
    textOf: (path) => (originOf(path) ? undefined : layer.textOf?.(path)),
    madeFrom: () => layer.madeFrom?.() ?? [],
    shadowedAt: (path) => (layer.shadowedAt?.(path) ?? []).slice(originOf(path) ? 1 : 0),
  };
  return view;
}
