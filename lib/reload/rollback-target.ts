import { ConfigOptionsError, ConfigRollbackError } from '../errors/config.errors.js';
import type { History } from '../history/history.js';
import type { VersionRecord } from '../history/version-record.js';
import { plural } from '../util/plural.js';

/**
 * The version to roll back to: its number, or a number of steps before the one in force. If the version in force was
 * itself created by a rollback, steps are counted from the version that it restored, so they never lead to a version
 * that was rolled back from.
 *
 * @publicApi
 */
export type RollbackTarget = number | { readonly version: number } | { readonly steps: number };

/**
 * Returns a function that finds the version when it is the rollback's turn: versions may come and go until then. The
 * function rejects with `ConfigRollbackError` if the version is not kept.
 *
 * @throws ConfigOptionsError if the target is neither a version nor a number of steps
 */
export function resolveRollbackTarget(
  target: RollbackTarget,
  history: History,
): () => Promise<VersionRecord> {
  // It may come from a request, so it can be anything.
  const { version, steps } = Object(typeof target === 'number' ? { version: target } : target) as {
    readonly version?: unknown;
    readonly steps?: unknown;
  };
  if (steps !== undefined && version !== undefined)
    throw new ConfigOptionsError('rollback() takes a version number or { steps }, not both');
  if (isPositiveInteger(steps)) return async () => history.version(versionStepsBack(steps, history));
  if (isPositiveInteger(version)) return () => history.version(version);
  throw new ConfigOptionsError(
    'rollback() takes a version number, or { steps } with an integer of at least 1',
  );
}

/** Returns the version that is `steps` before the one in force. A version that restored another one counts as that one. */
function versionStepsBack(steps: number, history: History): number {
  const { records } = history;
  let index = records.length - 1;
  for (let step = 0; step < steps; step += 1) index = originOf(index, records) - 1;
  const record = records[index];
  if (record !== undefined) return record.version;
  throw new ConfigRollbackError(
    `there is no version ${plural(steps, 'step')} back; ${history.describeKept()}`,
  );
}

/**
 * Returns the index of the record that the content of a record first came from. If that one is not kept any more, the
 * index of the record after it: all newer records were rolled back.
 */
function originOf(index: number, records: readonly VersionRecord[]): number {
  const restored = records[index]?.restored;
  if (restored === undefined) return index;
  const origin = records.findIndex(({ version }) => version === restored);
  if (origin !== -1) return originOf(origin, records);
  return records.findLastIndex(({ version }) => version < restored) + 1;
}

function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
