import 'reflect-metadata';

/** Appends `value` to the array that `method` has under `key`: several decorators on one method must not replace each other. */
export function appendMetadata<Value>(key: string, value: Value, method: object): void {
  Reflect.defineMetadata(key, [...metadataOf<Value>(key, method), value], method);
}

/** Returns the values that decorators appended to `method`, or to the method that it wraps and inherits from. */
export function metadataOf<Value>(key: string, method: object): readonly Value[] {
  return (Reflect.getMetadata(key, method) ?? []) as readonly Value[];
}
