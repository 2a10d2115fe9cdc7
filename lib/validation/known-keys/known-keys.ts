import { isBranch } from '../../util/branches.js';

/**
 * The keys that are known at one place: by a schema, or by a value. Each part is made when it is asked for, because
 * schemas may contain themselves.
 *
 * | kind | what it says |
 * | --- | --- |
 * | `open` | anything may be here and below |
 * | `leaf` | one value, with nothing below it |
 * | `object` | these keys, and no others if `rest` is undefined |
 * | `union` | one of several |
 */
export type KnownKeys =
  | { readonly kind: 'open' }
  | { readonly kind: 'leaf' }
  | { readonly kind: 'union'; readonly of: readonly LazyKeys[] }
  | ObjectKeys;

export type LazyKeys = () => KnownKeys;

/** An object; without names, a list, a map or a record. */
export interface ObjectKeys {
  readonly kind: 'object';
  readonly names: () => Iterable<string>;
  readonly member: (name: string) => KnownKeys | undefined;
  readonly rest?: RestKeys | undefined;
}

/** Keys beyond those with a name. */
export interface RestKeys {
  readonly keys: LazyKeys;
  /** `true` if only the indexes of a list are possible. */
  readonly isList: boolean;
}

export const OPEN: Readonly<KnownKeys> = { kind: 'open' };
export const LEAF: Readonly<KnownKeys> = { kind: 'leaf' };
export const OPEN_REST: Readonly<RestKeys> = { keys: () => OPEN, isList: false };

export function objectKeys(members: Iterable<readonly [string, LazyKeys]>, rest?: RestKeys): KnownKeys {
  const all = new Map(Array.from(members, ([name, keys]) => [name, once(keys)]));
  return { kind: 'object', names: () => all.keys(), member: (name) => all.get(name)?.(), rest };
}

/** A map or a record: any key, with `element` below it. */
export function recordKeys(element: LazyKeys): KnownKeys {
  return objectKeys([], { keys: once(element), isList: false });
}

export function listKeys(element: LazyKeys): KnownKeys {
  return objectKeys([], { keys: once(element), isList: true });
}

export function unionKeys(of: readonly LazyKeys[]): KnownKeys {
  return of.length === 1 ? of[0]!() : { kind: 'union', of: of.map(once) };
}

/** The keys that a value has. */
export function keysOfValue(value: unknown): KnownKeys {
  if (!isBranch(value)) return LEAF;
  const branch = value as Readonly<Record<string, unknown>>;
  return {
    kind: 'object',
    names: () => Object.keys(branch),
    member: (name) => (Object.hasOwn(branch, name) ? keysOfValue(branch[name]) : undefined),
  };
}

function once(make: LazyKeys): LazyKeys {
  let made: KnownKeys | undefined;
  return () => (made ??= make());
}
