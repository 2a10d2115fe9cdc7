import 'reflect-metadata';

/**
 * Adds `value` to the array that `target` has under `key`. Appended, not set: two decorators on one method would lose
 * one otherwise.
 */
export function appendMetadata(key: string, value: unknown, target: object): void {
  const values = (Reflect.getOwnMetadata(key, target) as readonly unknown[] | undefined) ?? [];
  Reflect.defineMetadata(key, [...values, value], target);
}
