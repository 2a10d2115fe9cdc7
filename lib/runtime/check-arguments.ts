import { ConfigOptionsError } from '../errors/config.errors.js';
import type { PlanOptions } from '../reload/reload-planner.js';
import type { RollbackOptions } from '../reload/rollbacks.js';
import type { SetOptions } from '../reload/overrides.js';
import type { ReloadRequest } from '../model/reload-result.interface.js';
import { isObjectBranch } from '../util/branches.js';
import { describeValue } from '../secrets/describe-value.js';
import { type Check, duration, boolean, isSource, string } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';

const reasonAndActor = { reason: string, actor: string } as const;

// Options of the methods of the manager. They may come from a request, or from code without type checking.
export const checkReload = optionsOf(
  'reload()',
  strictObject<Pick<ReloadRequest, 'reason' | 'actor' | 'force'>>({ ...reasonAndActor, force: boolean }),
);
export const checkPlan = optionsOf('plan()', strictObject<PlanOptions>({ force: boolean }));
export const checkRollback = optionsOf(
  'rollback()',
  strictObject<RollbackOptions>({ ...reasonAndActor, write: boolean }),
);
export const checkSet = optionsOf('set()', strictObject<SetOptions>({ ...reasonAndActor, ttl: duration }));
export const checkUnset = optionsOf('unset()', strictObject<Omit<SetOptions, 'ttl'>>(reasonAndActor));

/** @throws ConfigOptionsError if it is not a string */
export function checkPath(method: string, path: unknown): void {
  if (typeof path !== 'string') throw invalid(`${method} takes a path such as 'llm.model'`, path);
}

/** @throws ConfigOptionsError if it is not an object */
export function checkCandidate(candidate: unknown): void {
  if (candidate !== undefined && !isObjectBranch(candidate))
    throw invalid("plan() takes an object such as { llm: { model: 'large' } }", candidate);
}

/** @throws ConfigOptionsError if it is neither a version nor `'sources'` */
export function checkSide(side: unknown): void {
  if (side !== undefined && side !== 'sources' && !Number.isSafeInteger(side))
    throw invalid("diff() takes version numbers or 'sources'", side);
}

/** @throws ConfigOptionsError if it is not a source */
export function checkSource(candidate: unknown): void {
  if (!isSource(candidate)) throw invalid("addSource() takes a source such as file('app.yaml')", candidate);
}

/** @throws ConfigOptionsError if it is neither a source nor a string */
export function checkSourceOrName(candidate: unknown): void {
  if (typeof candidate !== 'string' && !isSource(candidate))
    throw invalid('removeSource() takes a source or its name', candidate);
}

function optionsOf(method: string, check: Check): (options: unknown) => void {
  return (options) => check(options, '', method);
}

function invalid(sentence: string, value: unknown): ConfigOptionsError {
  const found = value === undefined ? 'undefined' : describeValue([], value);
  return new ConfigOptionsError(`${sentence}, not ${found}`);
}
