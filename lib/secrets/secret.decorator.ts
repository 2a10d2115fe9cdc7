import 'reflect-metadata';

const SECRET = Symbol('hot-config:secret');

/**
 * Marks a property of a schema class as secret: its value, and all below it, is hidden in logs, errors, diffs, events'
 * JSON and whatever else leaves the process. The app reads it as any other.
 *
 * It is found in nested classes, lists and maps by `@Type()`, by the property's declared type, or by its initialiser.
 *
 * @example
 * ```ts
 * class LlmConfig {
 *   @IsString()
 *   @Secret()
 *   openai = '';
 * }
 * ```
 *
 * @publicApi
 */
export function Secret(): PropertyDecorator {
  return (target, property) => {
    const above = (Reflect.getMetadata(SECRET, target) ?? []) as string[];
    Reflect.defineMetadata(SECRET, [...above, String(property)], target);
  };
}

/** The properties of a class, and of those it extends, that `@Secret()` marks. */
export function secretProperties(type: { readonly prototype: object }): readonly string[] {
  return (Reflect.getMetadata(SECRET, type.prototype) ?? []) as string[];
}
