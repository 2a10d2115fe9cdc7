import { getMetadataStorage } from 'class-validator';
import { closestMatch } from 'leven';
import { formatPath } from '../snapshot/paths.js';
import type { UnknownKey } from './validator.interface.js';

type Constructor = new () => object;

/**
 * The keys of a plain tree that the classes of its validated instance do not declare. Parts of the instance that are
 * no class instances (records, arrays of scalars) may hold any key.
 */
export function findUnknownKeys(
  tree: unknown,
  instance: unknown,
  path: readonly string[] = [],
): UnknownKey[] {
  if (Array.isArray(tree) && Array.isArray(instance)) {
    return tree.flatMap((member, index) =>
      findUnknownKeys(member, instance[index], [...path, String(index)]),
    );
  }
  if (!isObject(tree) || !isObject(instance)) return [];
  const declared = declaredKeys(instance);
  return Object.keys(tree).flatMap((key) => {
    const here = [...path, key];
    if (declared !== undefined && !declared.has(key)) {
      return [{ path: here, suggestion: suggestionFor(key, declared, path) }];
    }
    return findUnknownKeys(tree[key], instance[key], here);
  });
}

/** What a class declares: its validated properties and its fields. Undefined for what is no class instance. */
function declaredKeys(instance: object): Set<string> | undefined {
  const type = instance.constructor as Constructor | undefined;
  if (type === undefined || type === Object || Object.getPrototypeOf(instance) === null) return undefined;
  const validated = getMetadataStorage()
    .getTargetValidationMetadatas(type, '', false, false)
    .map((metadata) => metadata.propertyName);
  return new Set([...validated, ...Object.keys(new type())]);
}

function suggestionFor(
  key: string,
  declared: ReadonlySet<string>,
  path: readonly string[],
): string | undefined {
  // More letters wrong than that is another word, not a slip. Two letters swapped count as two.
  const closest = closestMatch(key, [...declared], { maxDistance: Math.ceil(key.length * 0.4) });
  return closest === undefined ? undefined : formatPath([...path, closest]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
