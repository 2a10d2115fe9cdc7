import { TransformationType } from 'class-transformer';
import { defaultMetadataStorage as transforms } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';

/** A class that can be created without parameters, as schema classes are. */
export type Constructor = new () => object;

/** One rule of class-validator for a property. */
export type ClassRule = ReturnType<
  ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']
>[number];

/** Returns the rules for all properties of a class, inherited ones included. */
export function rulesOf(type: Constructor): readonly ClassRule[] {
  return getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
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

/** Returns what `@Type()` names; undefined if its function needs the value to decide. */
export function namedType(type: Constructor, property: string): unknown {
  const nothing = { newObject: {}, object: {}, property };
  try {
    return transforms.findTypeMetadata(type, property)?.typeFunction?.(nothing as never);
  } catch {
    return undefined;
  }
}

/** Checks for `@Transform()`: code of the app makes the value. */
export function isTransformed(type: Constructor, property: string): boolean {
  return transforms.findTransformMetadatas(type, property, TransformationType.PLAIN_TO_CLASS).length > 0;
}
