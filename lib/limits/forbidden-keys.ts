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

/** Returns the paths of all forbidden keys in plain objects and arrays. */
export function findForbiddenKeys(tree: unknown): string[][] {
  const found: string[][] = [];
  const path: string[] = [];
  const seen = new Set<object>();
  visit(tree);
  return found;

  function visit(value: unknown): void {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    const isArray = Array.isArray(value);
    if (!isArray && !isPlainObject(value)) return;
    seen.add(value);
    if (!isArray) for (const key of FORBIDDEN_KEYS) if (Object.hasOwn(value, key)) found.push([...path, key]);
    // As in `inspectTree`: most members are scalars, and need no key.
    const members: readonly unknown[] = isArray ? value : Object.values(value);
    let keys: string[] | undefined;
    for (let index = 0; index < members.length; index += 1) {
      if (typeof members[index] !== 'object' || members[index] === null) continue;
      keys ??= isArray ? undefined : Object.keys(value);
      path.push(keys?.[index] ?? String(index));
      visit(members[index]);
      path.pop();
    }
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
