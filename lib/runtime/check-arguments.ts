import { ConfigOptionsError } from '../errors/config.errors.js';
import type { RollbackOptions } from '../reload/rollbacks.js';
import type { SetOptions } from '../reload/overrides.js';
import type { ReloadRequest } from '../model/reload-result.interface.js';
import { isObjectBranch } from '../util/branches.js';
import { describeValue } from '../secrets/secret-names.js';
import { type Check, duration, boolean, isSource, string } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';

const about = { reason: string, actor: string };

/**
 * The options that the methods of the manager take. They may come from a request, or from code that no compiler has
 * looked at.
 */
export const checkReload = optionsOf(
  'reload()',
  strictObject<Pick<ReloadRequest, 'reason' | 'actor' | 'force'>>({ ...about, force: boolean }),
);
export const checkRollback = optionsOf(
  'rollback()',
  strictObject<RollbackOptions>({ ...about, write: boolean }),
);
export const checkSet = optionsOf('set()', strictObject<SetOptions>({ ...about, ttl: duration }));
export const checkUnset = optionsOf('unset()', strictObject<Omit<SetOptions, 'ttl'>>(about));

/** @throws ConfigOptionsError where it is no text */
export function checkPath(method: string, path: unknown): void {
  if (typeof path === 'string') return;
  throw new ConfigOptionsError(`${method} takes a path such as 'llm.model', not ${described(path)}`);
}

/** @throws ConfigOptionsError where it is nothing that could be laid on top of configuration */
export function checkCandidate(candidate: unknown): void {
  if (candidate === undefined || isObjectBranch(candidate)) return;
  throw new ConfigOptionsError(
    `plan() takes an object such as { llm: { model: 'large' } }, not ${described(candidate)}`,
  );
}

/** @throws ConfigOptionsError where it is neither a version nor `sources` */
export function checkSide(side: unknown): void {
  if (side === undefined || side === 'sources' || Number.isSafeInteger(side)) return;
  throw new ConfigOptionsError(`diff() takes numbers of versions and 'sources', not ${described(side)}`);
}

/** @throws ConfigOptionsError where it is none */
export function checkSource(candidate: unknown): void {
  if (isSource(candidate)) return;
  throw new ConfigOptionsError(
    `addSource() takes a source, such as file() makes, not ${described(candidate)}`,
  );
}

/** @throws ConfigOptionsError where it is neither a source nor the name of one */
export function checkSourceOrName(candidate: unknown): void {
  if (typeof candidate === 'string' || isSource(candidate)) return;
  throw new ConfigOptionsError(`removeSource() takes a source or its name, not ${described(candidate)}`);
}

function optionsOf(method: string, check: Check): (options: unknown) => void {
  return (options) => check(options, '', method);
}

function described(value: unknown): string {
  return value === undefined ? 'nothing' : describeValue([], value);
}
