import type { ConversionTarget } from './conversion-table.js';
import type { ReadNode, SchemaNode } from './schema-node.js';
import { definitionOf, schemaOfLazy, typeOf, type ZodDefinition } from './zod-definition.js';

const TARGETS: ReadonlySet<unknown> = new Set<ConversionTarget>([
  'boolean',
  'number',
  'string',
  'bigint',
  'date',
]);

/** Reads a schema of zod 3 or 4. `.transform()`, `z.preprocess()`, codecs and `z.stringbool()` are the app's own code. */
export const readZodNode: ReadNode = (schema) => {
  const definition = definitionOf(schema);
  if (definition === undefined) return undefined;
  const type = typeOf(definition);
  if (TARGETS.has(type)) return definition.coerce === true ? { target: type as ConversionTarget } : undefined;
  return type === 'lazy' ? { all: [schemaOfLazy(schema)] } : nodeOf(type, definition);
};

function nodeOf(type: string, definition: ZodDefinition): SchemaNode | undefined {
  const { innerType } = definition;
  switch (type) {
    case 'object':
      return {
        shape: typeof definition.shape === 'function' ? definition.shape() : (definition.shape ?? {}),
        rest: definition.catchall,
      };
    case 'record':
      return { rest: definition.valueType };
    case 'array':
      // In zod 3, `type` is the schema of the elements.
      return { restItems: definition.element ?? definition.type };
    case 'tuple':
      return { items: definition.items ?? [], restItems: definition.rest };
    case 'optional':
    case 'default':
    case 'prefault':
      return { all: [innerType], leaves: (value) => value === undefined };
    case 'nullable':
      return { all: [innerType], leaves: (value) => value === null };
    case 'catch':
      // Otherwise the result is a value of the app.
      return { firstOf: [innerType] };
    case 'nonoptional':
    case 'readonly':
    case 'success':
      return { all: [innerType] };
    case 'branded':
      return { all: [definition.type] };
    case 'promise':
      return { all: [innerType ?? definition.type] };
    case 'intersection':
      return { all: [definition.left, definition.right] };
    case 'union':
    case 'discriminatedunion':
      return { firstOf: definition.options ?? [] };
    case 'pipe':
    case 'pipeline':
      return { all: changesNothing(definition) ? [definition.in, definition.out] : [definition.in] };
    case 'effects':
      return definition.effect?.type === 'preprocess' ? undefined : { all: [definition.schema] };
    default:
      return undefined;
  }
}

/** Checks for `z.string().pipe(…)`: the second schema receives the value of the source, if the first one has no code. */
function changesNothing(definition: ZodDefinition): boolean {
  if (definition.transform !== undefined) return false;
  const first = definitionOf(definition.in);
  if (first === undefined || !(TARGETS.has(typeOf(first)) || ['any', 'unknown'].includes(typeOf(first))))
    return false;
  if (first.coerce === true) return false;
  return (first.checks ?? []).every((check) => {
    // zod 3: `{ kind: 'trim' }`
    const kind = check._zod?.def?.check ?? (check as { readonly kind?: string }).kind ?? '';
    return !['overwrite', 'trim', 'toLowerCase', 'toUpperCase'].includes(kind);
  });
}
