import {
  type KnownKeys,
  LEAF,
  listKeys,
  objectKeys,
  OPEN,
  OPEN_REST,
  type RestKeys,
  unionKeys,
} from './known-keys.js';

type Json = Readonly<Record<string, unknown>>;

const SCALARS: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null']);

/** Returns what a JSON Schema knows. An object is closed only if it says `additionalProperties: false`. */
export function keysOfJsonSchema(
  schema: unknown,
  root: unknown = schema,
  known: Map<unknown, KnownKeys> = new Map(),
): KnownKeys {
  let keys = known.get(schema);
  if (keys === undefined) known.set(schema, (keys = keysOf(schema, root, known)));
  return keys;
}

function keysOf(schema: unknown, root: unknown, known: Map<unknown, KnownKeys>): KnownKeys {
  if (typeof schema !== 'object' || schema === null) return OPEN;
  const { $ref, anyOf, oneOf, allOf, type, properties, items, prefixItems } = schema as Json;
  const below = (part: unknown) => () => keysOfJsonSchema(part, root, known);
  if (typeof $ref === 'string') return unionKeys([below(targetOf($ref, root)), below(targetOf($ref, root))]);
  const several = [anyOf, oneOf, allOf].filter(Array.isArray).flat();
  if (several.length > 0)
    return unionKeys([...several, ...(properties ? [{ type, properties }] : [])].map(below));
  if (SCALARS.has(type)) return LEAF;
  if (type === 'array') {
    const elements = [
      ...(Array.isArray(prefixItems) ? (prefixItems as unknown[]) : []),
      ...(items ? [items] : []),
    ];
    return elements.length === 0 ? OPEN : listKeys(() => unionKeys(elements.map(below)));
  }
  if (type !== 'object') return OPEN;
  return objectKeys(
    Object.entries(Object(properties) as Json).map(([name, member]) => [name, below(member)] as const),
    restOf(schema as Json, below),
  );
}

function restOf(
  { additionalProperties, patternProperties }: Json,
  below: (part: unknown) => () => KnownKeys,
): RestKeys | undefined {
  if (patternProperties !== undefined || additionalProperties === undefined || additionalProperties === true)
    return OPEN_REST;
  return additionalProperties === false ? undefined : { keys: below(additionalProperties), isList: false };
}

/** Returns the part that a reference within the schema names; undefined for any other reference. */
function targetOf(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return undefined;
  const keys = reference.slice(1).split('/').slice(1);
  return keys.reduce<unknown>(
    (part, key) =>
      (Object(part) as Json)[decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')],
    root,
  );
}
