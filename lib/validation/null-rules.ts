import { isPlainObject } from '../util/branches.js';
import { classValidator } from './class-libraries.js';
import {
  type ClassRule,
  type Constructor,
  emittedType,
  initialValuesOf,
  isTransformed,
  namedType,
  rulesOf,
} from './class-metadata.js';
import { nullableProperties } from './nullable.decorator.js';
import { SchemaKeys } from './schema-keys.js';

/**
 * Meaning of null at a place: a `value`, or that its rules or the author's code decide; `absent`, as if the key did not
 * exist; `refused`, because nothing else can be there. Undefined if no class describes the place.
 */
export type NullMeaning = 'value' | 'absent' | 'refused';

/** One description of a place by a class. */
interface Description {
  readonly meaning: NullMeaning;
  /** The class of the object at the place, or of the elements of the list or map. */
  readonly type?: Constructor | undefined;
  readonly isMap?: boolean;
  /** Meaning of null as an element of the list or map at the place. */
  readonly elements?: NullMeaning | undefined;
  readonly hasDefault?: boolean;
  /** The rest of the path to the place that the class describes, if that is further down. */
  readonly pathBelow?: readonly string[];
}

/** Classes, and the path of the values that they describe. */
export interface PlacedClasses {
  readonly path: readonly string[];
  readonly types: readonly Constructor[];
}

/** A place of the configuration, as the schema classes describe it. They are read without an instance. */
export class NullPlace {
  constructor(
    private readonly descriptions: readonly Description[],
    private readonly classes: Map<Constructor, DescribedClass> = new Map(),
  ) {}

  /** The place of the whole configuration; undefined if no class describes a part of it. */
  static of(placed: readonly PlacedClasses[]): NullPlace | undefined {
    const descriptions = placed.flatMap(({ path, types }) => types.map((type) => describedAt(path, type)));
    return descriptions.length === 0 ? undefined : new NullPlace(descriptions);
  }

  /** Meaning of null at this place. If several classes describe it, the one that allows most decides. */
  get meaning(): NullMeaning | undefined {
    const meanings = this.descriptions.map(({ meaning }) => meaning);
    return (['value', 'absent', 'refused'] as const).find((each) => meanings.includes(each));
  }

  /** `true` if a class has an initialiser for the value. */
  get hasDefault(): boolean {
    return this.descriptions.some(({ hasDefault }) => hasDefault);
  }

  /**
   * Returns the place of a member; undefined if no class describes it.
   *
   * @param around the value at this place, which contains the member
   */
  below(key: string, around: unknown): NullPlace | undefined {
    const found = this.descriptions
      .map((description) => this.#memberOf(description, key, around))
      .filter((description) => description !== undefined);
    return found.length === 0 ? undefined : new NullPlace(found, this.classes);
  }

  #memberOf(description: Description, key: string, around: unknown): Description | undefined {
    const { type, isMap, elements, pathBelow = [] } = description;
    const [next, ...rest] = pathBelow;
    if (next !== undefined) return next === key && type ? describedAt(rest, type) : undefined;
    if (Array.isArray(around)) return elements && { ...description, meaning: elements };
    if (!isPlainObject(around)) return undefined;
    if (isMap === true) return elements && { ...description, meaning: elements, isMap: false };
    return type && this.#describe(type).member(key);
  }

  #describe(type: Constructor): DescribedClass {
    let known = this.classes.get(type);
    if (known === undefined) this.classes.set(type, (known = new DescribedClass(type)));
    return known;
  }
}

/** A class needs an object at its path. */
function describedAt(pathBelow: readonly string[], type: Constructor): Description {
  return { meaning: 'refused', type, pathBelow };
}

/** The rules of one class for its members. */
class DescribedClass {
  readonly #instance: Readonly<Record<string, unknown>> | undefined;
  readonly #keys: SchemaKeys | undefined;
  readonly #rules: readonly ClassRule[];
  readonly #nullable: readonly string[];
  readonly #nullableElements: readonly string[];
  readonly #members = new Map<string, Description>();

  constructor(private readonly type: Constructor) {
    this.#instance = initialValuesOf(type);
    this.#keys = this.#instance && SchemaKeys.of(this.#instance);
    this.#rules = rulesOf(type);
    this.#nullable = nullableProperties(type);
    this.#nullableElements = nullableProperties(type, { each: true });
  }

  member(key: string): Description | undefined {
    if (!this.#keys?.accepts(key)) return undefined;
    let member = this.#members.get(key);
    if (member === undefined) this.#members.set(key, (member = this.#describe(this.#keys.propertyOf(key))));
    return member;
  }

  #describe(property: string): Description {
    const initial = this.#instance?.[property];
    const design = emittedType(this.type, property);
    const type = namedType(this.type, property) as Constructor | undefined;
    return {
      meaning: this.#meaningOf(property, initial),
      hasDefault: initial !== undefined,
      type,
      isMap: design === Map || initial instanceof Map,
      elements: type && (this.#nullableElements.includes(property) ? 'value' : 'refused'),
    };
  }

  #meaningOf(property: string, initial: unknown): NullMeaning {
    const rules = this.#rules.filter(({ propertyName }) => propertyName === property);
    // An initialiser of null says that null is allowed.
    if (this.#nullable.includes(property) || initial === null || rules.some(allowsNull)) return 'value';
    // The code of the app receives the null, and decides.
    if (isTransformed(this.type, property)) return 'value';
    const { IS_OPTIONAL, ValidationTypes } = classValidator();
    const conditions = rules.filter(({ type }) => type === ValidationTypes.CONDITIONAL_VALIDATION);
    if (conditions.some(({ name }) => name !== IS_OPTIONAL)) return 'value';
    return conditions.length === 0 && rules.some(refusesNull) ? 'refused' : 'absent';
  }
}

/** Checks for a rule that names null as a value. */
function allowsNull({ name, constraints }: ClassRule): boolean {
  const [allowed] = constraints ?? [];
  if (name === 'isIn') return Array.isArray(allowed) && allowed.includes(null);
  return name === 'isEmpty' || (name === 'equals' && allowed === null);
}

/** Checks for a rule that class-validator runs on null. Rules that only exclude some values accept it by accident. */
function refusesNull({ type, name }: ClassRule): boolean {
  const { ValidationTypes } = classValidator();
  if (type === ValidationTypes.NESTED_VALIDATION || type === ValidationTypes.IS_DEFINED) return true;
  return type === ValidationTypes.CUSTOM_VALIDATION && name !== 'notEquals' && name !== 'isNotIn';
}
