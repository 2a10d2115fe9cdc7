import type { SecretRule } from '../secrets/secret-precedence.js';
import {
  type Constructor,
  emittedType,
  initialValuesOf,
  namedType,
  typeMetadataOf,
} from './class-metadata.js';
import { SchemaKeys } from './schema-keys.js';
import { listOf, type PlacedSchema } from './app-schemas.js';
import { isClass } from './schema-of.js';
import { secretProperties } from '../secrets/secret.decorator.js';

/** A type that a place may have: an instance of a class, or a container of such instances. */
export interface Typed {
  readonly type: Constructor;
  readonly isContainer: boolean;
}

/** Selects what `@Secret()` marks anywhere in a schema. It reads the classes, so it needs no instance. */
class SchemaSecrets implements SecretRule {
  private constructor(
    readonly selects: boolean,
    private readonly places: readonly Typed[],
    private readonly members: Map<Constructor, Members>,
  ) {}

  /** Made of numbers: two classes may have the same name. */
  get id(): string {
    const names = this.places.map(({ type, isContainer }) => {
      return `${this.#membersOf(type).number}${isContainer ? '[]' : ''}`;
    });
    return `schema(${names.join('|')})`;
  }

  /** @param members are shared by all classes of an app, so that each has a number of its own */
  static of(schema: new () => object, members: Map<Constructor, Members>): SchemaSecrets {
    return new SchemaSecrets(false, [{ type: schema, isContainer: false }], members);
  }

  below(key: string): SecretRule | undefined {
    let isSecret = false;
    const next: Typed[] = [];
    for (const { type, isContainer } of this.places) {
      if (isContainer) {
        next.push({ type, isContainer: false });
        // The container may be a list of lists.
        if (/^\d+$/.test(key)) next.push({ type, isContainer });
      } else {
        const members = this.#membersOf(type);
        isSecret ||= members.isSecret(key);
        next.push(...members.typesOf(key));
      }
    }
    if (!isSecret && next.length === 0) return undefined;
    return new SchemaSecrets(isSecret, next, this.members);
  }

  #membersOf(type: Constructor): Members {
    let members = this.members.get(type);
    if (members === undefined) this.members.set(type, (members = new Members(type, this.members.size)));
    return members;
  }
}

/** The rules of a schema that has a path. */
class RulesBelow implements SecretRule {
  readonly selects = false;

  constructor(
    private readonly path: readonly string[],
    private readonly rule: SecretRule,
  ) {}

  get id(): string {
    return `${JSON.stringify(this.path)} ${this.rule.id}`;
  }

  below(key: string): SecretRule | undefined {
    const isNext = this.path[0] === key;
    // As for a pattern, neighbouring keys may be one that contains dots.
    const count = isNext ? 1 : key.split('.').length;
    if (!isNext && this.path.slice(0, count).join('.') !== key) return undefined;
    return rulesBelow(this.path.slice(count), this.rule);
  }
}

function rulesBelow(path: readonly string[], rule: SecretRule): SecretRule {
  return path.length === 0 ? rule : new RulesBelow(path, rule);
}

/** Returns the rules for the secrets that the classes among an app's schemas declare. */
export function declaredSecrets(schemas: readonly PlacedSchema[]): SecretRule[] {
  const members = new Map<Constructor, Members>();
  return schemas.flatMap(({ path, schema }) =>
    listOf(schema)
      .filter(isClass)
      .map((type) => rulesBelow(path, SchemaSecrets.of(type, members))),
  );
}

/** The secret properties and the types of the properties of one class. */
export class Members {
  readonly #secret: ReadonlySet<string>;
  readonly #defaults: Readonly<Record<string, unknown>>;
  readonly #keys: SchemaKeys | undefined;
  readonly #types = new Map<string, readonly Typed[]>();

  constructor(
    private readonly type: Constructor,
    readonly number: number,
  ) {
    this.#secret = new Set(secretProperties(type));
    this.#defaults = initialValuesOf(type) ?? {};
    this.#keys = SchemaKeys.of(Object.create(type.prototype as object) as object);
  }

  /** Accepts the key that files use and the name of the property. */
  isSecret(key: string): boolean {
    return this.#namesOf(key).some((name) => this.#secret.has(name));
  }

  typesOf(key: string): readonly Typed[] {
    let types = this.#types.get(key);
    if (types === undefined) {
      types = this.#namesOf(key).flatMap((name) => this.#declared(name));
      // Keys come from files: only those that the class knows are remembered.
      if (types.length > 0) this.#types.set(key, types);
    }
    return types;
  }

  /** Checks whether a property holds one instance of a class for certain, and not a container of them. */
  isOne(property: string): boolean {
    const design = emittedType(this.type, property);
    const initial = Object.hasOwn(this.#defaults, property) ? this.#defaults[property] : undefined;
    return isSchema(design) || isSchema(classOf(initial));
  }

  /** Checks whether a property holds a scalar at first: without an annotation, its declared type is only `Object`. */
  startsAsScalar(property: string): boolean {
    const initial = Object.hasOwn(this.#defaults, property) ? this.#defaults[property] : undefined;
    return ['string', 'number', 'boolean', 'bigint'].includes(typeof initial);
  }

  #namesOf(key: string): readonly string[] {
    const property = this.#keys?.propertyOf(key) ?? key;
    return property === key ? [key] : [key, property];
  }

  #declared(property: string): Typed[] {
    const design = emittedType(this.type, property);
    const initial = Object.hasOwn(this.#defaults, property) ? this.#defaults[property] : undefined;
    const metadata = typeMetadataOf(this.type, property);
    const named = [
      namedType(this.type, property),
      ...(metadata?.options?.discriminator?.subTypes ?? []).map(({ value }) => value),
    ].filter(isSchema);
    // Without a declared type it may be one instance or a container: both are considered.
    const holds = isContainer(design) || isContainer(classOf(initial));
    return [
      ...named.map((type) => ({ type, isContainer: true })),
      ...(holds ? [] : named.map((type) => ({ type, isContainer: false }))),
      ...[design, classOf(initial)].filter(isSchema).map((type) => ({ type, isContainer: false })),
      ...elementsOf(initial).map((type) => ({ type, isContainer: true })),
    ];
  }
}

/** Read from the prototype: the object itself may have a key called `constructor`. */
function classOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (Object.getPrototypeOf(value) as object | null)?.constructor;
}

/** Returns the classes of the elements that a list or map holds initially. */
function elementsOf(initial: unknown): Constructor[] {
  if (typeof initial !== 'object' || initial === null) return [];
  const members =
    initial instanceof Map || initial instanceof Set ? [...initial.values()] : Object.values(initial);
  const isHolder = isContainer(classOf(initial)) || classOf(initial) === Object;
  return isHolder ? [...new Set((members as unknown[]).map(classOf))].filter(isSchema) : [];
}

function isContainer(type: unknown): boolean {
  return type === Array || type === Map || type === Set;
}

/** Checks for a class of the app: built-in classes have no secrets. */
function isSchema(type: unknown): type is Constructor {
  return typeof type === 'function' && type !== Object && !isContainer(type) && !isBuiltIn(type.name, type);
}

function isBuiltIn(name: string, type: unknown): boolean {
  return (globalThis as unknown as Record<string, unknown>)[name] === type;
}
