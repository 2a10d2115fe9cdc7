import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { importParser } from '../util/import-optional.js';
import { transforms } from './class-libraries.js';
import type { SchemaClass } from './class-schema.js';
import { listOf, type PlacedSchema } from './app-schemas.js';
import { isClass, type ConfigSchema } from './schema-of.js';
import { isSecretName } from '../secrets/secret-names.js';
import { secretProperties } from '../secrets/secret.decorator.js';
import { SchemaKeys } from './schema-keys.js';
import { isStandardSchema } from './standard-schema.js';

/**
 * A JSON Schema, draft 2020-12.
 *
 * @publicApi
 */
export type JsonSchema = Record<string, unknown>;

const DRAFT = 'draft-2020-12';
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/**
 * Returns the JSON Schema of a configuration schema, for editors that complete and check configuration files.
 *
 * Classes need the package `class-validator-jsonschema`, Valibot needs `@valibot/to-json-schema`; zod, ArkType and Joi
 * bring their own.
 *
 * @throws ConfigOptionsError for a function, and for a library without JSON Schema support
 * @throws Error with the package to install, if one is missing
 *
 * @example
 * ```ts
 * writeFileSync('config/schema.json', JSON.stringify(await configJsonSchema(AppConfig), null, 2));
 * ```
 *
 * @publicApi
 */
export async function configJsonSchema(schema: ConfigSchema | readonly ConfigSchema[]): Promise<JsonSchema> {
  return appJsonSchema([{ path: [], schema }]);
}

/** Returns the JSON Schema of a configuration with several schemas, each at its path. */
export async function appJsonSchema(schemas: readonly PlacedSchema[]): Promise<JsonSchema> {
  const each = schemas.flatMap(({ path, schema }) => listOf(schema).map((one) => ({ path, one })));
  const all = await Promise.all(each.map(async ({ path, one }) => publicSchema(path, one)));
  const isOne = all.length === 1 && !Array.isArray(schemas[0]?.schema);
  if (isOne) return { $schema: DIALECT, ...all[0] };
  return { $schema: DIALECT, allOf: all.map((schema, index) => withReferencesAt(`/allOf/${index}`, schema)) };
}

async function publicSchema(path: readonly string[], schema: ConfigSchema): Promise<JsonSchema> {
  return withoutSecretValues(below(path, await single(schema))) as JsonSchema;
}

function below([key, ...rest]: readonly string[], schema: JsonSchema): JsonSchema {
  if (key === undefined) return schema;
  const pointer = `/properties/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return { type: 'object', properties: { [key]: withReferencesAt(pointer, below(rest, schema)) } };
}

/** Changes the references of a schema (`#/$defs/Pool`) that becomes a part of another one, at `pointer`. */
function withReferencesAt<S>(pointer: string, schema: S): S {
  if (Array.isArray(schema)) return schema.map((member) => withReferencesAt(pointer, member as unknown)) as S;
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).map(([key, member]: [string, unknown]) => {
    const isReference = key === '$ref' && typeof member === 'string' && /^#(?:\/|$)/.test(member);
    return [key, isReference ? `#${pointer}${member.slice(1)}` : withReferencesAt(pointer, member)];
  });
  return Object.fromEntries(members) as S;
}

async function single(schema: ConfigSchema): Promise<JsonSchema> {
  if (isStandardSchema(schema)) return ofStandardSchema(schema);
  if (isClass(schema)) return ofClass(schema);
  throw new ConfigOptionsError(
    'A function has no JSON Schema; describe the configuration with a class or a schema',
  );
}

async function ofStandardSchema(schema: StandardSchemaV1): Promise<JsonSchema> {
  const { vendor, jsonSchema } = schema['~standard'] as StandardSchemaV1.Props &
    Partial<StandardJSONSchemaV1.Props>;
  // Types that JSON Schema lacks, such as a date, accept anything; by default zod throws for them.
  const libraryOptions = vendor === 'zod' ? { unrepresentable: 'any' } : undefined;
  if (jsonSchema !== undefined) return jsonSchema.input({ target: DRAFT, libraryOptions });
  if (vendor === 'valibot') {
    const { toJsonSchema } = await importParser(
      '@valibot/to-json-schema',
      () => import('@valibot/to-json-schema'),
    );
    return toJsonSchema(schema as never, {
      typeMode: 'input',
      errorMode: 'ignore',
      target: DRAFT,
    }) as JsonSchema;
  }
  throw new ConfigOptionsError(`${vendor} cannot convert its schemas to JSON Schema`);
}

/** The keywords of a JSON Schema that contain values. */
const VALUE_KEYWORDS: ReadonlySet<string> = new Set(['default', 'examples', 'const', 'enum']);

/** Defaults may be secrets too, for example of the developers: properties named like secrets are described without values. */
function withoutSecretValues(schema: unknown, isSecret = false): unknown {
  if (Array.isArray(schema)) return schema.map((member) => withoutSecretValues(member, isSecret));
  if (typeof schema !== 'object' || schema === null) return schema;
  const members = Object.entries(schema).filter(([key]) => !isSecret || !VALUE_KEYWORDS.has(key));
  return Object.fromEntries(
    members.map(([key, member]) => {
      if (key === 'properties') return [key, withoutValuesOfSecrets(member as object, isSecret)];
      return [
        key,
        VALUE_KEYWORDS.has(key) ? withoutSecretMembers(member) : withoutSecretValues(member, isSecret),
      ];
    }),
  );
}

function withoutValuesOfSecrets(properties: object, isSecret: boolean): object {
  const named = Object.entries(properties).map(
    ([name, member]) => [name, withoutSecretValues(member, isSecret || isSecretName(name))] as const,
  );
  return Object.fromEntries(named);
}

/** The default of an object may contain a secret. */
function withoutSecretMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecretMembers);
  if (typeof value !== 'object' || value === null) return value;
  const open = Object.entries(value).filter(([key]) => !isSecretName(key));
  return Object.fromEntries(open.map(([key, member]) => [key, withoutSecretMembers(member)]));
}

type ObjectSchema = JsonSchema & { properties?: Record<string, JsonSchema>; required?: string[] };

async function ofClass(type: SchemaClass): Promise<JsonSchema> {
  const { validationMetadatasToSchemas } = await importParser(
    'class-validator-jsonschema',
    () => import('class-validator-jsonschema'),
  );
  const all = validationMetadatasToSchemas({
    refPointerPrefix: '#/$defs/',
    classTransformerMetadataStorage: transforms(),
  }) as unknown as Record<string, ObjectSchema>;
  const types = [type, ...typesBelow(type)];
  const named = types.map(
    (each) => [each.name, described(each, all[each.name] ?? { type: 'object' })] as const,
  );
  const [[, root], ...others] = named as [(typeof named)[number], ...typeof named];
  return others.length === 0 ? root : { ...root, $defs: Object.fromEntries(others) };
}

/** Returns the classes of the members of a class, recursively. */
function typesBelow(type: SchemaClass, seen = new Set<unknown>([type])): SchemaClass[] {
  const found: SchemaClass[] = [];
  for (const { propertyName, typeFunction } of typesOf(type)) {
    const member = typeFunction({
      newObject: {},
      object: {},
      property: propertyName,
    } as never) as SchemaClass;
    if (typeof member !== 'function' || seen.has(member) || !isClass(member)) continue;
    seen.add(member);
    found.push(member, ...typesBelow(member, seen));
  }
  return found;
}

function typesOf(type: SchemaClass) {
  const storage = transforms() as unknown as {
    _typeMetadatas: Map<
      unknown,
      Map<string, { propertyName: string; typeFunction: (options: never) => unknown }>
    >;
  };
  const own: { propertyName: string; typeFunction: (options: never) => unknown }[] = [];
  for (let target: unknown = type; typeof target === 'function'; target = Object.getPrototypeOf(target)) {
    own.push(...(storage._typeMetadatas.get(target)?.values() ?? []));
  }
  return own;
}

/** Uses the keys that files use, adds defaults, and does not require members that have one. */
function described(type: SchemaClass, { properties = {}, required = [], ...rest }: ObjectSchema): JsonSchema {
  const instance = new type() as Record<string, unknown>;
  const keys = SchemaKeys.of(instance);
  const nameOf = (property: string) => keys?.keyOf(property, undefined) ?? property;
  const members = Object.entries(properties).map(([property, member]) => {
    const preset = instance[property];
    const isSecret = secretProperties(type).includes(property);
    const isPlain = preset === null || ['string', 'number', 'boolean'].includes(typeof preset);
    return [nameOf(property), isPlain && !isSecret ? { ...member, default: preset } : member] as const;
  });
  const stillRequired = required.filter((property) => instance[property] === undefined).map(nameOf);
  return {
    ...rest,
    properties: Object.fromEntries(members),
    ...(stillRequired.length > 0 && { required: stillRequired }),
  };
}
