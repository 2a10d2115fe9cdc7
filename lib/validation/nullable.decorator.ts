import 'reflect-metadata';
import { classValidator } from './class-libraries.js';

const NULLABLE = Symbol('hot-config:nullable');

/**
 * Options of `@Nullable()`.
 *
 * @publicApi
 */
export interface NullableOptions {
  /** `true` allows null as an element of the list, map or set, instead of the property itself. Default false. */
  readonly each?: boolean;
}

/** A property that may be null, or whose elements may be. */
interface Marked extends NullableOptions {
  readonly property: string;
}

/**
 * Allows null for a property of a schema class. Without it, a key without a value counts as absent, or is refused; with
 * it, the value of the key is null, and rules of the property do not apply to it.
 *
 * @example
 * In the class `LlmConfig`: `@Nullable() @IsInt() max_tokens: number | null = 4096;`
 *
 * @publicApi
 */
export function Nullable(options: NullableOptions = {}): PropertyDecorator {
  return (target, property) => {
    const each = options.each === true;
    const marked: Marked = { property: String(property), each };
    Reflect.defineMetadata(NULLABLE, [...markedIn(target), marked], target);
    // Rules run on null too, so they must be skipped for it.
    if (!each) classValidator().ValidateIf((_instance, value) => value !== null)(target, property);
  };
}

/** Returns the properties that `@Nullable()` marks in a class and the classes it extends. */
export function nullableProperties(
  type: { readonly prototype: object },
  { each = false }: NullableOptions = {},
): readonly string[] {
  return markedIn(type.prototype)
    .filter((marked) => marked.each === each)
    .map(({ property }) => property);
}

function markedIn(target: object): readonly Marked[] {
  return (Reflect.getMetadata(NULLABLE, target) ?? []) as Marked[];
}
