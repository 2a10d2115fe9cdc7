import { ConfigMissingKeyError } from '../errors/config.errors.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigOrigin } from '../model/origin.interface.js';
import { formatPath, isWithin, parsePathOrKey, tryParsePath, valueAt } from '../model/paths.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Override } from '../sources/overrides.source.js';
import type { VersionRecord } from './version-record.js';

/**
 * Where a value comes from, as `HotConfigManager.explain()` tells. A secret value is hidden.
 *
 * @publicApi
 */
export interface ConfigExplanation {
  /** What was asked for, as paths are written here. */
  readonly path: string;
  /** The value in force, as the app reads it. */
  readonly value: unknown;
  /** The name of the source that says it; `default` where no source does, and the schema does. */
  readonly source: string;
  /** The place, with file, line and column where there are such. */
  readonly origin?: ConfigOrigin;
  /** What lower sources say and is not in force, the nearest first; below a branch, what they add is. */
  readonly shadowed: readonly ShadowedValue[];
  /** The version that changed it last. */
  readonly version: number;
  /** When that was. */
  readonly time: Date;
  /** Whether that may have been earlier: history does not go back further. */
  readonly orEarlier: boolean;
  /** Where it was set while the app runs: since when, until when, why and by whom. */
  readonly override?: Pick<Override, 'path' | 'since' | 'expiresAt' | 'reason' | 'actor'>;
  /** Whether the sources say another value that waits for a restart. */
  readonly pendingRestart: boolean;
}

/**
 * A value that a higher source hides.
 *
 * @publicApi
 */
export interface ShadowedValue {
  /** The name of the source that says it. */
  readonly source: string;
  /** The place, with file, line and column where there are such. */
  readonly origin?: ConfigOrigin;
  readonly value: unknown;
}

/** What an explanation is made from. */
export interface ExplainContext {
  readonly current: Snapshot;
  /** Lowest first, with the overrides at their place. */
  readonly layers: readonly Layer[];
  readonly records: readonly VersionRecord[];
  readonly overrides: readonly Override[];
  readonly pendingRestart: readonly string[];
  /** The value as it may be shown. */
  readonly redact: (segments: readonly string[], value: unknown) => unknown;
}

/** @throws ConfigMissingKeyError where there is no value */
export function explain(path: string, context: ExplainContext): ConfigExplanation {
  const { current, layers, records, overrides, pendingRestart, redact } = context;
  const value = current.get(path);
  if (value === undefined) throw new ConfigMissingKeyError(path);
  // A key that holds dots wins over the path it looks like, as in `get`.
  const isKey = valueAt(current.value, [path]) !== undefined;
  const segments = isKey ? [path] : parsePathOrKey(path);

  const saying = layers.filter(({ tree }) => valueAt(tree, segments) !== undefined).reverse();
  const [winner, ...lower] = saying;
  const override = overrides.findLast((entry) => isWithin(segments, entry.segments));
  const origin = winner?.locate(segments);
  return {
    path: formatPath(segments),
    value: redact(segments, value),
    source: winner?.source ?? 'default',
    ...(origin && { origin }),
    shadowed: lower.map((layer) => shadowedBy(layer, segments, redact)),
    ...lastChange(segments, records),
    ...(override && { override: withoutValue(override) }),
    pendingRestart: pendingRestart.some((held) => isWithin(segments, tryParsePath(held) ?? [])),
  };
}

function shadowedBy(
  layer: Layer,
  segments: readonly string[],
  redact: ExplainContext['redact'],
): ShadowedValue {
  const origin = layer.locate(segments);
  return {
    source: layer.source,
    ...(origin && { origin }),
    value: redact(segments, valueAt(layer.tree, segments)),
  };
}

/** The newest version whose value differs from the one before it: what did not change is shared, and so the same. */
function lastChange(segments: readonly string[], records: readonly VersionRecord[]) {
  const known = records.filter(({ snapshot }) => snapshot !== undefined);
  const valueIn = (index: number) => valueAt(known[index]!.snapshot!.value, segments);
  let index = known.length - 1;
  while (index > 0 && Object.is(valueIn(index), valueIn(index - 1))) index -= 1;
  const { version, time } = known[index]!;
  return { version, time, orEarlier: index === 0 && version > 1 };
}

function withoutValue({ segments: _segments, value: _value, ...rest }: Override) {
  return rest;
}
