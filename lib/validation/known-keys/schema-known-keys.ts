import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { classValidator } from '../class-libraries.js';
import { type Constructor, emittedType, isTransformed, rulesOf } from '../class-metadata.js';
import { keysOfJoi } from './joi-known-keys.js';
import { keysOfJsonSchema } from './json-schema-known-keys.js';
import {
  type KnownKeys,
  LEAF,
  type LazyKeys,
  listKeys,
  objectKeys,
  OPEN,
  OPEN_REST,
  recordKeys,
  type RestKeys,
  unionKeys,
} from './known-keys.js';
import { SchemaKeys } from '../schema-keys.js';
import { type ConfigSchema, isClass } from '../schema-of.js';
import { Members, type Typed } from '../schema-secrets.js';
import { isStandardSchema } from '../standard-schema.js';
import { keysOfZod } from './zod-known-keys.js';

/** Decisions that the options make about what classes know. */
export interface ClassKeysOptions {
  /** The names of properties as the app reads them, as files write them (`@Expose({ name })`), or both. */
  readonly names: 'read' | 'both';
  /** `true` if keys that a class does not declare are accepted silently. */
  readonly areOthersAllowed: boolean;
}

/** Returns what a schema knows of its keys. Where a library does not say it, everything is open. */
export function keysOfSchema(schema: ConfigSchema, options: ClassKeysOptions): KnownKeys {
  if (isStandardSchema(schema)) return keysOfStandardSchema(schema);
  return isClass(schema) ? new ClassKeys(options).of(schema) : OPEN;
}

function keysOfStandardSchema(schema: StandardSchemaV1): KnownKeys {
  const { vendor, jsonSchema } = schema['~standard'] as StandardSchemaV1.Props &
    Partial<StandardJSONSchemaV1.Props>;
  try {
    if (vendor === 'zod') return keysOfZod(schema);
    if (vendor === 'joi') return keysOfJoi(schema);
    const described = jsonSchema?.input({ target: 'draft-2020-12' });
    return described === undefined ? OPEN : keysOfJsonSchema(described);
  } catch {
    return OPEN; // a library that cannot describe a part of it
  }
}

/** Values of these types have nothing below them. */
const SCALARS: ReadonlySet<unknown> = new Set([String, Number, Boolean, BigInt, Date, URL, RegExp]);

/**
 * Checks for rules such as `@IsString()`, or `@IsString({ each: true })` for elements, which nothing with members satisfies.
 * With `@ValidateIf()`, they may not count.
 */
function hasScalarRule(type: Constructor, property: string, isForEach: boolean): boolean {
  const { IS_OPTIONAL, ValidationTypes } = classValidator();
  const rules = rulesOf(type).filter(({ propertyName }) => propertyName === property);
  const isConditional = rules.some(
    (rule) => rule.type === ValidationTypes.CONDITIONAL_VALIDATION && rule.name !== IS_OPTIONAL,
  );
  return (
    !isConditional &&
    rules.some(({ each, name }) => each === isForEach && name !== undefined && SCALAR_RULES.has(name))
  );
}

const SCALAR_RULES: ReadonlySet<string> = new Set(
  'isString isInt isNumber isBoolean isUrl isEmail isIn isPort isIp isFqdn isUuid matches minLength maxLength length min max isEnum isPositive'.split(
    ' ',
  ),
);

/** Reads what classes know. */
class ClassKeys {
  readonly #known = new Map<Constructor, KnownKeys>();
  readonly #rest: RestKeys | undefined;

  constructor(private readonly options: ClassKeysOptions) {
    this.#rest = options.areOthersAllowed ? OPEN_REST : undefined;
  }

  of(type: Constructor): KnownKeys {
    let keys = this.#known.get(type);
    if (keys === undefined) this.#known.set(type, (keys = this.#read(type)));
    return keys;
  }

  #read(type: Constructor): KnownKeys {
    const names = SchemaKeys.of(Object.create(type.prototype as object) as object);
    if (names === undefined) return OPEN;
    const members = new Members(type, 0);
    const known = this.options.names === 'read' ? names.properties : names.accepted;
    const memberOf = (name: string) => () => this.#member(type, members, names.propertyOf(name), name);
    return objectKeys(
      [...known].map((name) => [name, memberOf(name)] as const),
      this.#rest,
    );
  }

  #member(type: Constructor, members: Members, property: string, name: string): KnownKeys {
    // What the app's own code makes of a value is not known.
    if (isTransformed(type, property)) return OPEN;
    const design = emittedType(type, property);
    const isOne = members.isOne(property);
    const types = members.typesOf(name).filter(({ isContainer }) => !(isOne && isContainer));
    if (types.length > 0) return unionKeys(types.map((each) => this.#typed(each, design)));
    if (SCALARS.has(design)) return LEAF;
    // `cache: boolean | CacheOptions = false` starts as a scalar, too.
    if (members.startsAsScalar(property) && hasScalarRule(type, property, false)) return LEAF;
    return hasScalarRule(type, property, true) ? listKeys(() => LEAF) : OPEN;
  }

  #typed({ type, isContainer }: Typed, design: unknown): LazyKeys {
    const element = () => this.of(type);
    if (!isContainer) return element;
    // A list may hold lists.
    const elementOrList = () => unionKeys([element, () => listKeys(element)]);
    return () => (design === Array ? listKeys(elementOrList) : recordKeys(elementOrList));
  }
}
