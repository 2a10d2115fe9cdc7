import { ConfigSourceError } from '../errors/config.errors.js';
import type { Layer } from '../model/layer.interface.js';
import { formatPath } from '../model/paths.js';
import { isPlainObject } from '../util/branches.js';

/**
 * Keys that an assignment could turn into a change of a prototype. No configuration may have them, at any depth. They
 * are checked once, wherever configuration enters:
 *
 * - files and the environment: while they are parsed (`inspectTree`, `isForbiddenKey`), with line and column;
 * - every other source (`factory()`, custom sources, the memory source of tests): after it loaded, in `collect`;
 * - a layer that a reload is given instead of what its source would return: before it is used, in `collect`;
 * - `plan(candidate)`: when the candidate becomes a layer, in `Stages`;
 * - `set()`: before the override is added, in `Overrides`;
 * - versions on disk: when they are read, in `parseTree`.
 */
export const FORBIDDEN_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/**
 * Marks a source that rejects forbidden keys itself. The value is the source: an object of the app that wraps it has the
 * mark too, but of another source, and is checked.
 */
export const CHECKS_ITS_KEYS = Symbol('checks its keys');

/** Checks whether a key is never allowed, at any depth. */
export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN_KEYS.includes(key);
}

/** The end of a message about a forbidden key, after its subject. */
export function forbiddenKeyMessage(key: string): string {
  return `has the key "${key}", which is not allowed because it could change an object prototype; rename it`;
}

/** Maximum number of paths reported for one tree; an operator does not read more. */
const MAX_FOUND = 50;

/** Objects within these bounds are not remembered, which would triple the time; beyond, they may be shared or circular. */
const USUAL_DEPTH = 30;
const USUAL_SIZE = 100;
const USUAL_OBJECTS = 100_000;

/** Returns the paths of the forbidden keys in plain objects and arrays, at most `MAX_FOUND`. */
export function findForbiddenKeys(tree: unknown): string[][] {
  const found: { readonly holder: object; readonly keys: string[] }[] = [];
  const path: string[] = [];
  const seen = new Set<object>();
  let visited = 0;
  visit(tree);
  return found.map(({ keys }) => keys);

  function visit(value: unknown): void {
    if (typeof value !== 'object' || value === null || seen.has(value) || found.length >= MAX_FOUND) return;
    const isArray = Array.isArray(value);
    if (!isArray && !isPlainObject(value)) return;
    if (!isArray) for (const key of FORBIDDEN_KEYS) if (Object.hasOwn(value, key)) report(value, key);
    // As in `inspectTree`: most members are scalars, and need no key.
    const members: readonly unknown[] = isArray ? value : Object.values(value);
    visited += 1;
    if (members.length > USUAL_SIZE || path.length > USUAL_DEPTH || visited > USUAL_OBJECTS) seen.add(value);
    let keys: string[] | undefined;
    for (let index = 0; index < members.length; index += 1) {
      if (typeof members[index] !== 'object' || members[index] === null) continue;
      keys ??= isArray ? undefined : Object.keys(value);
      path.push(keys?.[index] ?? String(index));
      visit(members[index]);
      path.pop();
    }
  }

  /** A tree that contains itself leads to the same object again, until that is remembered. */
  function report(holder: object, key: string): void {
    const isKnown = found.some((each) => each.holder === holder && each.keys.at(-1) === key);
    if (!isKnown && found.length < MAX_FOUND) found.push({ holder, keys: [...path, key] });
  }
}

/** @throws ConfigSourceError with the position of each forbidden key, if the layer has one. */
export function refuseForbiddenKeys(layer: Layer, source: string): void {
  const issues = findForbiddenKeys(layer.tree).map((keys) => ({
    path: formatPath(keys),
    message: `${formatPath(keys.slice(0, -1)) || 'the content'} ${forbiddenKeyMessage(keys.at(-1)!)}`, // never empty
    origin: layer.locate(keys, 'key') ?? { source },
  }));
  if (issues.length === 0) return;
  throw new ConfigSourceError(`${source} contains keys that are not allowed`, issues, {
    revision: layer.hash,
  });
}
