import 'reflect-metadata';
import { isBranch, isPlainObject } from '../util/branches.js';

const RESTART_REQUIRED = Symbol('hot-config:restart-required');

/**
 * Marks a property of a schema class whose changes need a restart. The option `onRestartRequired` decides whether such
 * a change is held back or rejected.
 *
 * @example
 * In the class `ServerConfig`: `@IsPort() @RestartRequired() port = '3000';`
 *
 * @publicApi
 */
export function RestartRequired(): PropertyDecorator {
  return (target, property) => {
    const above = (Reflect.getMetadata(RESTART_REQUIRED, target) ?? []) as string[];
    Reflect.defineMetadata(RESTART_REQUIRED, [...above, String(property)], target);
  };
}

function markedKeys(value: object): readonly string[] {
  return (Reflect.getMetadata(RESTART_REQUIRED, value) ?? []) as string[];
}

/**
 * Returns the paths below `value` that `@RestartRequired()` marks.
 *
 * @param unmarked branches that have none, which are not searched again: versions share what did not change
 */
export function restartRequiredPaths(
  value: unknown,
  unmarked: WeakSet<object>,
  path: readonly string[] = [],
): (readonly string[])[] {
  if (!isBranch(value) || unmarked.has(value)) return [];
  // A plain object was not made by a schema class, so it has no decorators. One below it may have.
  const marked = isPlainObject(value) ? [] : markedKeys(value);
  // Absent properties count too: adding an optional one needs a restart as well.
  const paths: (readonly string[])[] = marked.map((key) => [...path, key]);
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (!isBranch(member) || marked.includes(key)) continue;
    paths.push(...restartRequiredPaths(member, unmarked, [...path, key]));
  }
  if (paths.length === 0) unmarked.add(value);
  return paths;
}
