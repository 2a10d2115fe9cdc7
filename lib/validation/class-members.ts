import { undeclaredContainer } from './class-containers.js';
import {
  type Constructor,
  excludedProperties,
  initialValuesOf,
  isTransformed,
  rulesOf,
  type TypeMetadata,
  typeMetadataOf,
} from './class-metadata.js';
import { SchemaKeys } from './schema-keys.js';

/** The members of a schema class, by the keys that files use. */
export class ClassMembers {
  /** Of keys that the class knows; others come from files. */
  readonly #known = new Map<string, ClassMember | undefined>();

  private constructor(
    private readonly type: Constructor,
    private readonly keys: SchemaKeys,
    private readonly initial: Readonly<Record<string, unknown>>,
  ) {}

  /** Returns undefined for a class that declares nothing: it is not a schema. */
  static of(type: Constructor): ClassMembers | undefined {
    const keys = SchemaKeys.of(Object.create(type.prototype as object) as object);
    return keys && new ClassMembers(type, keys, initialValuesOf(type) ?? {});
  }

  /** Returns undefined for a key that the class does not know. */
  of(key: string): ClassMember | undefined {
    if (this.#known.has(key)) return this.#known.get(key);
    const property = this.keys.propertyOf(key);
    const isTyped = typeMetadataOf(this.type, property) !== undefined;
    const isKnown = this.keys.accepts(key) || isTyped;
    if (!isKnown || excludedProperties(this.type).includes(property)) return undefined;
    const member = new ClassMember(this.type, property, this.initial[property]);
    this.#known.set(key, member);
    return member;
  }
}

/** The treatment of one property by class-transformer. */
export class ClassMember {
  /** `true` if the app's own code makes the value. */
  readonly isTransformed: boolean;
  /** `true` if it has `@Type()`. */
  readonly isTyped: boolean;
  /** `true` if objects become a Map. */
  readonly isMap: boolean;
  /** The kind that the class declares; undefined if it may be both, or is a scalar. */
  readonly shape: 'list' | 'object' | undefined;
  /** `true` if the declared type says the shape, which then is not one of several: `Model | false` is. */
  readonly isShapeCertain: boolean;
  /** The key that selects a class, and its values. */
  readonly discriminator: { readonly property: string; readonly names: readonly unknown[] } | undefined;
  readonly #metadata: TypeMetadata | undefined;
  /** `false` if the prototype has a member without a setter; undefined if it has none. */
  readonly #isAccessor: boolean | undefined;

  constructor(
    type: Constructor,
    readonly property: string,
    initial: unknown,
  ) {
    const metadata = typeMetadataOf(type, property);
    this.#metadata = metadata;
    this.isTyped = metadata !== undefined;
    const descriptor = Object.getOwnPropertyDescriptor(type.prototype, property);
    this.#isAccessor = descriptor && descriptor.set !== undefined;
    this.isTransformed = isTransformed(type, property);
    const written = metadata?.reflectedType;
    const design = metadata === undefined ? written : (undeclaredContainer(written, initial) ?? written);
    this.isMap = design === Map;
    this.isShapeCertain = design !== undefined && design !== Object;
    this.shape = shapeOf(design, initial, () => hasRuleForEach(type, property));
    const { discriminator, keepDiscriminatorProperty } = metadata?.options ?? {};
    this.discriminator =
      discriminator === undefined || keepDiscriminatorProperty === true
        ? undefined
        : { property: discriminator.property, names: discriminator.subTypes.map(({ name }) => name) };
  }

  /** Returns what `@Type()` names; undefined if its function fails. */
  typeOf(newObject: object, object: object): unknown {
    try {
      return this.#metadata?.typeFunction?.({ newObject, object, property: this.property });
    } catch {
      return undefined;
    }
  }

  /** Checks whether class-transformer leaves the property out: it has no setter, or a method has its place. */
  isLost(made: Record<string, unknown>, value: unknown): boolean {
    if (this.#isAccessor !== undefined) return !this.#isAccessor;
    const member = made[this.property];
    return typeof member === 'function' && member !== value;
  }
}

/**
 * Compilers leave the type out, or say `Object` for a type that is not written, and for a union. Then the initial value and
 * the rules show the shape.
 */
function shapeOf(design: unknown, initial: unknown, isForEach: () => boolean): 'list' | 'object' | undefined {
  if (design !== undefined && design !== Object) return shapeOfType(design);
  if (typeof initial !== 'object' || initial === null)
    return design === undefined && initial === undefined && isForEach() ? 'list' : undefined;
  const type: unknown = initial.constructor;
  const isContainer = type === Array || type === Set || type === Map;
  return design === Object && isContainer && !isForEach() ? undefined : shapeOfType(type);
}

function shapeOfType(type: unknown): 'list' | 'object' | undefined {
  // Union types, records and interfaces.
  if (typeof type !== 'function' || type === Object) return undefined;
  if (type === Array || type === Set || type.prototype instanceof Array) return 'list';
  const isScalar = [String, Number, Boolean, Date, BigInt, Symbol, Buffer].includes(type as never);
  return isScalar ? undefined : 'object';
}

function hasRuleForEach(type: Constructor, property: string): boolean {
  return rulesOf(type).some((rule) => rule.propertyName === property && rule.each);
}
