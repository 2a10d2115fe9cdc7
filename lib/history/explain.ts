import { ConfigMissingKeyError } from '../errors/config.errors.js';
import type { Layer, LayerInput } from '../model/layer.interface.js';
import { type ConfigOrigin, DEFAULT_SOURCE } from '../model/origin.interface.js';
import type { StartRead } from '../model/start-read.interface.js';
import { formatPath, isWithin, tryParsePath, valueAt } from '../model/paths.js';
import { isSameLeaf } from '../snapshot/canonical-string.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { isBytes } from '../util/bytes.js';
import type { Override, OverrideStatus } from '../sources/overrides.source.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { givenSecrets, inputOf } from './given-secrets.js';
import type { VersionRecord } from './version-record.js';

/**
 * The origin of a value, as `HotConfigManager.explain()` returns it. Secret values are redacted.
 *
 * @publicApi
 */
export interface ConfigExplanation {
  /** The path, in its canonical form. */
  readonly path: string;
  /** The value in force, as the app reads it. */
  readonly value: unknown;
  /** The name of the source that contains it; `default` if it is a default of the schema, or of the validation of the environment. */
  readonly source: string;
  /** The place, with file, line and column if they are known. */
  readonly origin?: ConfigOrigin;
  /**
   * The values of sources with a lower precedence, the highest first, and those that a source itself overrides: a line of
   * an env file, if the process was started with another value. They are not in force; of an object, the members
   * that no higher source contains are.
   */
  readonly shadowed: readonly ShadowedValue[];
  /**
   * The variables that the function which made the value has read, if it is a factory of `load`, `registerAs()` or
   * `forFeature()` in an app with env files. Each has the place of its value, but not the value itself.
   */
  readonly madeFrom?: readonly LayerInput[];
  /** The version that last changed it. */
  readonly version: number;
  /** The time of that version. */
  readonly time: Date;
  /** `true` if it may have changed earlier: the history does not go back further. */
  readonly orEarlier: boolean;
  /** The override that set it: its times, its reason and its actor. */
  readonly override?: OverrideStatus;
  /** `true` if the sources contain another value that waits for a restart. */
  readonly pendingRestart: boolean;
  /**
   * The code that read it, a part of it, or what contains it, while the app started, and that does not follow it. For a
   * variable, also the code that read what a factory has made from it: all that the factories which read the variable return.
   */
  readonly readAtStart: readonly StartRead[];
}

/**
 * A value that another one with a higher precedence overrides.
 *
 * @publicApi
 */
export interface ShadowedValue {
  /** The name of the source that contains it. */
  readonly source: string;
  /** The place, with file, line and column if they are known. */
  readonly origin?: ConfigOrigin;
  readonly value: unknown;
}

/** The data that an explanation is made from. */
export interface ExplainContext {
  readonly current: Snapshot;
  /** In the order of precedence, lowest first; with the overrides. */
  readonly layers: readonly Layer[];
  readonly records: readonly VersionRecord[];
  readonly overrides: readonly Override[];
  readonly pendingRestart: readonly string[];
  /** Finds the reads at start that a change at a path would concern. */
  readonly readAtStart: (segments: readonly string[]) => readonly StartRead[];
  readonly secrets: Pick<SecretPolicy, 'isSecret'>;
  /** Redacts the secrets in a value. */
  readonly redact: (segments: readonly string[], value: unknown) => unknown;
}

/** @throws ConfigMissingKeyError if the path has no value */
export function explain(path: string, context: ExplainContext): ConfigExplanation {
  const { current, layers, records, overrides, pendingRestart, readAtStart, redact, secrets } = context;
  const value = current.get(path);
  const segments = current.keysOf(path);
  if (value === undefined || segments === undefined)
    throw new ConfigMissingKeyError(path, current.ambiguityOf(path));

  const containing = layers.filter(({ tree }) => valueAt(tree, segments) !== undefined).reverse();
  const [winner, ...lower] = containing;
  const override = overrides.findLast((entry) => isWithin(segments, entry.segments));
  const origin = winner?.locate(segments);
  const madeFrom = winner?.madeFrom?.() ?? [];
  const isDefault = winner === undefined || origin?.source === DEFAULT_SOURCE;
  return {
    path: formatPath(segments),
    value: redact(segments, value),
    source: isDefault ? DEFAULT_SOURCE : winner.source,
    ...(origin && !isDefault && { origin }),
    shadowed: [
      ...shadowedIn(winner, segments, redact),
      ...lower.flatMap((layer) => [
        shadowedBy(layer, segments, redact),
        ...shadowedIn(layer, segments, redact),
      ]),
    ],
    ...(madeFrom.length > 0 && { madeFrom }),
    ...lastChange(segments, records, secrets),
    ...(override && { override: withoutValue(override) }),
    pendingRestart: pendingRestart.some((held) => isWithin(segments, tryParsePath(held) ?? [])),
    readAtStart: rootsOfReads(segments, layers).flatMap(readAtStart),
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

/** Returns the values that a layer itself overrides. */
function shadowedIn(
  layer: Layer | undefined,
  segments: readonly string[],
  redact: ExplainContext['redact'],
): ShadowedValue[] {
  const values = layer?.shadowedAt?.(segments) ?? [];
  return values.map(({ value, origin }) => ({
    source: layer!.source, // it has returned the values
    ...(origin && { origin }),
    value: redact(segments, value),
  }));
}

/** Returns the path itself and the keys that factories have made from the variable of this name. */
function rootsOfReads(segments: readonly string[], layers: readonly Layer[]): (readonly string[])[] {
  const [name] = segments;
  const isMadeFromIt = (layer: Layer) => layer.madeFrom?.().some((input) => input.name === name) === true;
  const keys =
    segments.length === 1 ? layers.filter(isMadeFromIt).flatMap(({ tree }) => Object.keys(tree)) : [];
  return [segments, ...[...new Set(keys)].filter((key) => key !== name).map((key) => [key])];
}

/**
 * Finds the newest version whose value differs from the version before it, or in which it was set if it is secret. Unchanged
 * values are shared, so identical.
 */
function lastChange(
  segments: readonly string[],
  records: readonly VersionRecord[],
  secrets: ExplainContext['secrets'],
) {
  const known = records.filter(({ snapshot }) => snapshot !== undefined);
  const valueIn = (index: number) => valueAt(known[index]!.snapshot!.value, segments);
  const isGivenIn = (index: number) =>
    givenSecrets(inputOf(known[index - 1]!), inputOf(known[index]!), secrets)?.touches(segments) === true;
  let index = known.length - 1;
  while (index > 0 && isUnchanged(valueIn(index - 1), valueIn(index)) && !isGivenIn(index)) index -= 1;
  const { version, time } = known[index]!;
  return { version, time, orEarlier: index === 0 && version > 1 };
}

/** Each read of bytes returns a copy. */
function isUnchanged(before: unknown, now: unknown): boolean {
  return Object.is(before, now) || (isBytes(now) && isSameLeaf(before, now));
}

function withoutValue({ segments: _segments, value: _value, ...rest }: Override) {
  return rest;
}
