import type { ConversionTarget } from './conversion-table.js';
import type { ReadNode, SchemaNode } from './schema-node.js';

/** The members of Valibot's schemas and actions that are read here. */
interface Part {
  readonly kind?: string;
  readonly type?: string;
  readonly pipe?: readonly Part[];
  readonly entries?: Readonly<Record<string, unknown>>;
  readonly rest?: unknown;
  readonly value?: unknown;
  readonly item?: unknown;
  readonly items?: readonly unknown[];
  readonly wrapped?: unknown;
  readonly options?: readonly unknown[];
  readonly getter?: (input: unknown) => unknown;
}

/** The actions that convert any value; `v.transform(…)` is the app's own code. */
const TARGETS: Readonly<Record<string, ConversionTarget>> = {
  to_boolean: 'boolean',
  to_number: 'number',
  to_string: 'string',
  to_bigint: 'bigint',
  to_date: 'date',
};

const ABSENT: Readonly<Record<string, readonly unknown[]>> = {
  nullable: [null],
  optional: [undefined],
  exact_optional: [undefined],
  undefinedable: [undefined],
  nullish: [null, undefined],
  non_optional: [],
  non_nullable: [],
  non_nullish: [],
};

/** Reads a schema of Valibot, or an action of a pipe. */
export const readValibotNode: ReadNode = (schema) => {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const part = schema as Part;
  if (part.pipe === undefined) return nodeOf(part);
  const [first, ...actions] = part.pipe;
  return { all: [first, convertingAction(first, actions)] };
};

function nodeOf(part: Part): SchemaNode | undefined {
  const { type = '', kind } = part;
  if (kind === 'transformation') {
    const target = TARGETS[type];
    return target && { target };
  }
  const absent = ABSENT[type];
  if (absent !== undefined) return { all: [part.wrapped], leaves: (value) => absent.includes(value) };
  switch (type) {
    case 'object':
    case 'strict_object':
    case 'loose_object':
      return { shape: part.entries ?? {} };
    case 'object_with_rest':
      return { shape: part.entries ?? {}, rest: part.rest };
    case 'record':
      return { rest: part.value };
    case 'array':
      return { restItems: part.item };
    case 'tuple':
    case 'strict_tuple':
    case 'loose_tuple':
    case 'tuple_with_rest':
      return { items: part.items ?? [], restItems: part.rest };
    case 'intersect':
      return { all: part.options ?? [] };
    case 'union':
    case 'variant':
      return { firstOf: part.options ?? [] };
    case 'lazy':
      return { all: [part.getter?.(undefined)] };
    default:
      return undefined;
  }
}

/** Returns the first action that changes the value, if that is a conversion: the next ones do not receive the source's. */
function convertingAction(first: Part | undefined, actions: readonly Part[]): Part | undefined {
  if (first === undefined || mayChange(first)) return undefined;
  const changing = actions.find(mayChange);
  return changing?.type !== undefined && Object.hasOwn(TARGETS, changing.type) ? changing : undefined;
}

function mayChange({ kind, pipe = [] }: Part): boolean {
  return kind === 'transformation' || pipe.some(mayChange);
}
