import 'reflect-metadata';

const SECRET = Symbol('hot-config:secret');

/**
 * Marks a property of a schema class as secret: its value, with everything below it, is redacted in logs, errors,
 * diffs, the JSON of events and everything else that leaves the process. The app reads it as any other value.
 *
 * It also works in nested classes, lists and maps, which are found by `@Type()`, by the property's declared type, or by
 * its initialiser.
 *
 * @example
 * In the class `LlmConfig`: `@IsString() @Secret() openai = '';`
 *
 * @publicApi
 */
export function Secret(): PropertyDecorator {
  return (target, property) => {
    const above = (Reflect.getMetadata(SECRET, target) ?? []) as string[];
    Reflect.defineMetadata(SECRET, [...above, String(property)], target);
  };
}

/** Returns the properties that `@Secret()` marks in a class and the classes it extends. */
export function secretProperties(type: { readonly prototype: object }): readonly string[] {
  return (Reflect.getMetadata(SECRET, type.prototype) ?? []) as string[];
}
