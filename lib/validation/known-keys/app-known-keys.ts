import { listOf, type PlacedSchema } from '../app-schemas.js';
import { type KnownKeys, LEAF, type LazyKeys, objectKeys, OPEN, OPEN_REST, unionKeys } from './known-keys.js';
import { type ClassKeysOptions, keysOfSchema } from './schema-known-keys.js';

/** Decisions about what the schemas of an app know. */
export interface AppKeysOptions extends ClassKeysOptions {
  /** `true` if something adds keys that no schema describes: environment variables, factories. */
  readonly areRootKeysOpen: boolean;
}

/** Returns what all schemas of an app know, each at its path. Outside of the paths of namespaces everything is open. */
export function keysOfApp(schemas: readonly PlacedSchema[], options: AppKeysOptions): KnownKeys {
  const hasRoot = schemas.some(({ path }) => path.length === 0);
  const known = keysAt(0, schemas, hasRoot, options);
  return options.areRootKeysOpen ? unionKeys([() => known, () => othersThan(known)]) : known;
}

function keysAt(
  depth: number,
  schemas: readonly PlacedSchema[],
  isClosed: boolean,
  options: ClassKeysOptions,
): KnownKeys {
  const here = schemas.filter(({ path }) => path.length === depth).flatMap(({ schema }) => listOf(schema));
  const below = schemas.filter(({ path }) => path.length > depth);
  const own: LazyKeys[] = here.map((schema) => () => keysOfSchema(schema, options));
  if (below.length === 0) return own.length === 0 ? OPEN : unionKeys(own);
  const names = new Set(below.map(({ path }) => path[depth]!)); // they are longer than this depth
  const members = [...names].map((name) => {
    const inside = below.filter(({ path }) => path[depth] === name);
    return [name, () => keysAt(depth + 1, inside, isClosed || own.length > 0, options)] as const;
  });
  const namespaces = () => objectKeys(members, isClosed || own.length > 0 ? undefined : OPEN_REST);
  return unionKeys([...own, namespaces]);
}

/** Keys beside the known ones, of which nothing is known. */
function othersThan(known: KnownKeys): KnownKeys {
  return {
    kind: 'object',
    names: () => [],
    member: (name) => (hasMember(known, name) ? LEAF : undefined),
    rest: OPEN_REST,
  };
}

function hasMember(known: KnownKeys, name: string): boolean {
  if (known.kind === 'union') return known.of.some((keys) => hasMember(keys(), name));
  return known.kind === 'object' && known.member(name) !== undefined;
}
