/** The members of zod's definitions that are read here: those of zod 4, then the names that only zod 3 has. */
export interface ZodDefinition {
  /** In zod 3, the schema of the elements of an array, or of a branded value or a promise. */
  readonly type?: unknown;
  readonly coerce?: boolean;
  readonly checks?: readonly { readonly _zod?: { readonly def?: { readonly check?: string } } }[];
  readonly shape?: Record<string, unknown> | (() => Record<string, unknown>);
  readonly catchall?: unknown;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly items?: readonly unknown[];
  readonly rest?: unknown;
  readonly options?: readonly unknown[];
  readonly left?: unknown;
  readonly right?: unknown;
  readonly innerType?: unknown;
  readonly getter?: () => unknown;
  readonly in?: unknown;
  readonly out?: unknown;
  readonly transform?: unknown;
  readonly typeName?: string;
  readonly schema?: unknown;
  readonly effect?: { readonly type?: string };
}

interface ZodSchema {
  readonly _zod?: { readonly def?: ZodDefinition; readonly innerType?: unknown };
  readonly _def?: ZodDefinition;
}

/** Returns the definition of a schema of zod 3 or 4; undefined for anything else. */
export function definitionOf(schema: unknown): ZodDefinition | undefined {
  const { _zod, _def } = Object(schema) as ZodSchema;
  return _zod?.def ?? _def;
}

/** Returns the type as both versions call it, for example `object`. */
export function typeOf({ typeName, type }: ZodDefinition): string {
  return typeName?.replace(/^Zod/, '').toLowerCase() ?? String(type);
}

/** Checks for a schema of zod 3. */
export function isZod3(definition: ZodDefinition): boolean {
  return definition.typeName !== undefined;
}

/** Returns the schema that `z.lazy()` stands for. Zod 4 keeps it; its function may make another one at each call. */
export function schemaOfLazy(schema: unknown): unknown {
  return (Object(schema) as ZodSchema)._zod?.innerType ?? definitionOf(schema)?.getter?.();
}
