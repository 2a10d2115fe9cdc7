import { isBranch } from '../util/branches.js';
import { isBeyondAscii, normalForm } from '../util/unicode-form.js';
import { formatPath, parseSteps, type PathStep, tryParsePath, valueAt } from './paths.js';

// A path is text, and a dot in it may separate two keys or be a part of one: `models.gpt-4.1.temperature`. Only the tree
// can tell. The path as it is written wins; then neighbouring keys are joined, and keys are compared in one Unicode form.

/** The keys that a path stands for, or the readings between which only the caller can decide. */
export type ResolvedPath =
  | { readonly keys: readonly string[]; readonly isExact: boolean }
  | { readonly readings: readonly (readonly string[])[] };

/** Longer paths are taken as they are written: each join of keys is a look-up. */
const MAX_STEPS = 100;
const MAX_LENGTH = 2_000;
/** Two readings are ambiguous; a message need not name more. */
const MAX_READINGS = 2;
/** More places are not visited: branches that are shared by YAML aliases can lead to the same value in endless ways. */
const MAX_VISITS = 2_000;

/** Returns the keys of the value that `path` names in `tree`; undefined if it has none. */
export function resolvePath(tree: unknown, path: string): ResolvedPath | undefined {
  const exact = exactKeys(tree, path);
  if (exact !== undefined) return { keys: exact, isExact: true };
  const steps = joinableSteps(path);
  if (steps === undefined) return undefined;
  const { consumed, readings } = furthestReadings(tree, steps);
  return consumed === steps.length ? oneOf(readings) : undefined;
}

/**
 * Returns the keys at which to write the value of `path`; undefined if it is not a path. A new key belongs to the branch
 * that the longest part of the path leads to. As it is written, the path wins over readings that lead no further.
 *
 * @param trees the configuration as sources write it, and as the app reads it: a schema may use other names
 */
export function resolveForWriting(trees: readonly unknown[], path: string): ResolvedPath | undefined {
  for (const tree of trees) {
    const exact = exactKeys(tree, path);
    if (exact !== undefined) return { keys: exact, isExact: true };
  }
  const literal = tryParsePath(path);
  const steps = joinableSteps(path);
  const known = literal === undefined ? 0 : Math.max(...trees.map((tree) => knownDepth(tree, literal)));
  for (const tree of steps === undefined ? [] : trees) {
    const { consumed, readings } = furthestReadings(tree, steps!);
    const rest = steps!.slice(consumed).map(({ key }) => key);
    if (consumed > known && !rest.includes(''))
      return oneOf(readings.map((reading) => [...reading, ...rest]));
  }
  return literal && { keys: literal, isExact: true };
}

/** Describes a path with several readings, for a message: `'a.b.c' may be a['b.c'] or ['a.b'].c; write one of them`. */
export function ambiguityOf(path: string, readings: readonly (readonly string[])[]): string {
  return `'${path}' may be ${readings.map(formatPath).join(' or ')}; write one of them`;
}

/** Returns the keys of `path` as it is written, if there is a value. A key that contains dots wins, as in `@nestjs/config`. */
function exactKeys(tree: unknown, path: string): readonly string[] | undefined {
  if (valueAt(tree, [path]) !== undefined) return [path];
  const keys = tryParsePath(path);
  return keys !== undefined && valueAt(tree, keys) !== undefined ? keys : undefined;
}

/** Returns the steps of a path that may have another reading. Between two dots there may be nothing: `files..npmrc`. */
function joinableSteps(path: string): readonly PathStep[] | undefined {
  if (path.length > MAX_LENGTH || !(path.includes('.') || isBeyondAscii(path))) return undefined;
  const steps = path.includes('[')
    ? parseSteps(path)
    : path.split('.').map((key) => ({ key, isPlain: true }));
  return steps !== undefined && steps.length <= MAX_STEPS ? steps : undefined;
}

function knownDepth(tree: unknown, keys: readonly string[]): number {
  let depth = 0;
  while (depth < keys.length && valueAt(tree, keys.slice(0, depth + 1)) !== undefined) depth += 1;
  return depth;
}

interface Readings {
  /** The number of steps that lead to something. */
  readonly consumed: number;
  readonly readings: readonly (readonly string[])[];
}

/** Returns the readings of `steps` that lead furthest into `tree`. */
function furthestReadings(tree: unknown, steps: readonly PathStep[]): Readings {
  let consumed = 0;
  let readings: (readonly string[])[] = [];
  let visits = 0;
  const visit = (value: unknown, at: number, keys: readonly string[]): void => {
    if (at > consumed) [consumed, readings] = [at, []];
    if (at === consumed && readings.length < MAX_READINGS) readings.push(keys);
    if (!isBranch(value) || (visits += 1) > MAX_VISITS) return;
    let name = '';
    for (let end = at; end < steps.length; end += 1) {
      const { key, isPlain } = steps[end]!; // within its length
      if (end > at && !(isPlain && steps[end - 1]!.isPlain)) return;
      name = end === at ? key : `${name}.${key}`;
      for (const found of keysLike(value, name)) visit(valueAt(value, [found]), end + 1, [...keys, found]);
    }
  };
  visit(tree, 0, []);
  return { consumed, readings };
}

/** Returns the keys of `branch` that are `name`, or its spelling in another Unicode form. */
function keysLike(branch: object, name: string): readonly string[] {
  if (valueAt(branch, [name]) !== undefined) return [name];
  if (!isBeyondAscii(name)) return [];
  const normal = normalForm(name);
  return Object.keys(branch).filter(
    (key) => isBeyondAscii(key) && normalForm(key) === normal && valueAt(branch, [key]) !== undefined,
  );
}

function oneOf(readings: readonly (readonly string[])[]): ResolvedPath | undefined {
  if (readings.length > 1) return { readings };
  return readings[0] && { keys: readings[0], isExact: false };
}
