import { type Duration, durationMs } from '../options/duration.js';
import { ControlError } from './control.error.js';
import { plainText } from '../util/printable-text.js';

type Params = Readonly<Record<string, unknown>>;

/** No path that anybody writes is longer. */
const LONGEST_PATH = 2_000;

/** What people write in a log as a reason. */
const LONGEST_NOTE = 500;

/** The path a request is about. */
export function pathParam(params: Params): string {
  const { path } = params;
  if (typeof path !== 'string' || path === '') throw wrong('path', 'a path such as llm.model');
  if (path.length > LONGEST_PATH) throw wrong('path', `at most ${LONGEST_PATH} letters`);
  return path;
}

/** What a person says, on one line; undefined where they say nothing. */
export function noteParam(params: Params, name: string): string | undefined {
  const note = params[name];
  if (note === undefined || note === null) return undefined;
  if (typeof note !== 'string') throw wrong(name, 'a text');
  return plainText(note, LONGEST_NOTE) || undefined;
}

/** A switch; off where it is not said. */
export function flagParam(params: Params, name: string): boolean {
  const flag = params[name] ?? false;
  if (typeof flag !== 'boolean') throw wrong(name, 'true or false');
  return flag;
}

/** A whole number from 1; undefined where it is not said. Null is none: what came out empty must not be guessed at. */
export function numberParam(params: Params, name: string): number | undefined {
  const number = params[name];
  if (number === undefined) return undefined;
  if (!Number.isSafeInteger(number) || (number as number) < 1) throw wrong(name, 'a whole number from 1');
  return number as number;
}

/** One side of a comparison: a version, or what the sources say; undefined where it is not said. */
export function sideParam(params: Params, name: string): number | 'sources' | undefined {
  return params[name] === 'sources' ? 'sources' : numberParam(params, name);
}

/** A time to live; nothing where it is not said. */
export function ttlParam({ ttl }: Params): { readonly ttl?: Duration } {
  if (ttl === undefined) return {};
  return { ttl: durationMs('ttl', ttl) };
}

function wrong(name: string, wanted: string): ControlError {
  return new ControlError('BAD_PARAMS', `"${name}" must be ${wanted}`);
}
