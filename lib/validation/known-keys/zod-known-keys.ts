import {
  type KnownKeys,
  LEAF,
  listKeys,
  objectKeys,
  OPEN,
  OPEN_REST,
  recordKeys,
  type RestKeys,
  unionKeys,
} from './known-keys.js';
import { definitionOf, isZod3, schemaOfLazy, typeOf } from '../zod-definition.js';

const SCALARS: ReadonlySet<string> = new Set(
  'string number int boolean bigint date symbol enum literal template_literal null undefined void never nan'.split(
    ' ',
  ),
);

const WRAPPERS: ReadonlySet<string> = new Set(
  'optional exact_optional nullable default prefault catch readonly nonoptional success'.split(' '),
);

/** Returns what a schema of zod 4 knows; of an earlier zod, and where the app's own code makes the value, nothing. */
export function keysOfZod(schema: unknown, known: KnownParts = new Map()): KnownKeys {
  let keys = known.get(schema);
  if (keys === undefined) known.set(schema, (keys = keysOf(schema, known)));
  return keys;
}

/** The parts that were read: a schema may contain itself. */
type KnownParts = Map<unknown, KnownKeys>;

function keysOf(schema: unknown, known: KnownParts): KnownKeys {
  const def = definitionOf(schema);
  if (def === undefined || isZod3(def)) return OPEN;
  const type = typeOf(def);
  const below = (part: unknown) => () => keysOfZod(part, known);
  if (SCALARS.has(type)) return LEAF;
  if (WRAPPERS.has(type)) return keysOfZod(def.innerType, known);
  switch (type) {
    case 'object':
      return objectKeys(
        Object.entries(def.shape ?? {}).map(([name, member]) => [name, below(member)] as const),
        catchallOf(def.catchall, below),
      );
    case 'record':
      return recordKeys(below(def.valueType));
    case 'array':
      return listKeys(below(def.element));
    case 'tuple': {
      const elements = [...(def.items ?? []), ...(def.rest ? [def.rest] : [])];
      return elements.length === 0 ? LEAF : listKeys(() => unionKeys(elements.map(below)));
    }
    case 'union':
      return unionKeys((def.options ?? []).map(below));
    case 'intersection':
      return unionKeys([below(def.left), below(def.right)]);
    case 'lazy':
      return keysOfZod(schemaOfLazy(schema), known);
    case 'pipe':
      // A transform before the schema (`preprocess`) leads to it; one after it makes something else.
      if (definitionOf(def.in)?.type === 'transform') return keysOfZod(def.out, known);
      return unionKeys([below(def.in), below(def.out)]);
    default:
      return OPEN;
  }
}

/** Without a catchall, zod drops other keys. */
function catchallOf(catchall: unknown, below: (part: unknown) => () => KnownKeys): RestKeys | undefined {
  const def = definitionOf(catchall);
  if (catchall === undefined || def?.type === 'never') return undefined;
  return def === undefined ? OPEN_REST : { keys: below(catchall), isList: false };
}
