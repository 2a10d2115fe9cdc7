import { classTransformer, classValidator, transforms } from './class-libraries.js';

/** A class that can be created without parameters, as schema classes are. */
export type Constructor = new () => object;

/**
 * One rule of class-validator for a property. Not the type of that package: the published declarations must not name it,
 * because an app without classes has not installed it.
 */
export interface ClassRule {
  readonly propertyName: string;
  readonly type: string;
  readonly name?: string;
  readonly constraints: readonly unknown[] | undefined;
  readonly each: boolean;
}

/** What `@Type()` says of a property: the type of class-transformer, which may be missing too. */
export interface TypeMetadata {
  /** The type that the compiler has emitted. */
  reflectedType: unknown;
  readonly typeFunction?: (options: {
    readonly newObject: object;
    readonly object: object;
    readonly property: string;
  }) => unknown;
  readonly options?: {
    readonly discriminator?: {
      readonly property: string;
      readonly subTypes: readonly { readonly name: string; readonly value: unknown }[];
    };
    readonly keepDiscriminatorProperty?: boolean;
  };
}

/** Returns the rules for all properties of a class, inherited ones included. */
export function rulesOf(type: Constructor): readonly ClassRule[] {
  return classValidator().getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
}

/** Returns the values of the initialisers; undefined for a class that needs parameters, which is not a schema. */
export function initialValuesOf(type: Constructor): Readonly<Record<string, unknown>> | undefined {
  try {
    return new type() as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** Returns the type that the compiler has emitted; `Object` for a union, undefined without a decorator. */
export function emittedType(type: Constructor, property: string): unknown {
  return Reflect.getMetadata('design:type', type.prototype as object, property);
}

/** Returns what `@Type()` says of a property; undefined if the property has none. */
export function typeMetadataOf(type: Constructor, property: string): TypeMetadata | undefined {
  return transforms().findTypeMetadata(type, property) as TypeMetadata | undefined;
}

/** Returns what `@Type()` names; undefined if its function needs the value to decide. */
export function namedType(type: Constructor, property: string): unknown {
  const nothing = { newObject: {}, object: {}, property };
  try {
    return typeMetadataOf(type, property)?.typeFunction?.(nothing);
  } catch {
    return undefined;
  }
}

/** Checks for `@Transform()`: code of the app makes the value. */
export function isTransformed(type: Constructor, property: string): boolean {
  const { PLAIN_TO_CLASS } = classTransformer().TransformationType;
  return transforms().findTransformMetadatas(type, property, PLAIN_TO_CLASS).length > 0;
}

/** Returns the properties that `@Exclude()` leaves out. */
export function excludedProperties(type: Constructor): readonly string[] {
  return transforms().getExcludedProperties(type, classTransformer().TransformationType.PLAIN_TO_CLASS);
}

/** Returns the properties that have `@Expose()`. */
export function exposedProperties(type: Constructor): readonly string[] {
  return transforms().getExposedProperties(type, classTransformer().TransformationType.PLAIN_TO_CLASS);
}
