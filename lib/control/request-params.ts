import { type Duration, durationMs } from '../options/duration.js';
import { ControlError } from './control.error.js';

type Params = Readonly<Record<string, unknown>>;

const MAX_PATH_LENGTH = 2_000;

/** Returns the path that a request is about. */
export function pathParam({ path }: Params): string {
  if (typeof path !== 'string' || path === '') throw badParam('path', 'must be a path such as llm.model');
  if (path.length > MAX_PATH_LENGTH)
    throw badParam('path', `must not be longer than ${MAX_PATH_LENGTH} characters`);
  return path;
}

/** Returns the reason of a request as it was sent, which must not be shown; undefined if it has none. */
export function reasonParam({ reason }: Params): string | undefined {
  if (reason === undefined || reason === null) return undefined;
  if (typeof reason !== 'string') throw badParam('reason', 'must be a string');
  return reason.trim() || undefined;
}

/** Returns a boolean parameter; false if it is missing. */
export function flagParam(params: Params, name: string): boolean {
  const flag = params[name] ?? false;
  if (typeof flag !== 'boolean') throw badParam(name, 'must be true or false');
  return flag;
}

/** Returns a positive integer; undefined if it is missing. Null is an error: an empty variable must not mean a default. */
export function numberParam(params: Params, name: string): number | undefined {
  const number = params[name];
  if (number === undefined) return undefined;
  if (!Number.isSafeInteger(number) || (number as number) < 1)
    throw badParam(name, 'must be a positive integer');
  return number as number;
}

/** Returns one side of a comparison: a version or the sources; undefined if it is missing. */
export function sideParam(params: Params, name: string): number | 'sources' | undefined {
  return params[name] === 'sources' ? 'sources' : numberParam(params, name);
}

/** Returns the time to live; nothing if it is missing. */
export function ttlParam({ ttl }: Params): { readonly ttl?: Duration } {
  return ttl === undefined ? {} : { ttl: durationMs('ttl', ttl) };
}

/** Refuses a number that JSON.parse has turned into another one. The message must not quote it: it may be a secret. */
export function inexactParam(path: string): ControlError {
  return badParam(path, 'has a number that cannot be held exactly; send it as a string');
}

function badParam(name: string, problem: string): ControlError {
  return new ControlError('BAD_PARAMS', `"${name}" ${problem}`);
}
