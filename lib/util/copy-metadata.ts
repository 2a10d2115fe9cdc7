import 'reflect-metadata';

/** Copies the metadata that decorators have set on an object, to one that stands for it: metadata belongs to one object. */
export function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getOwnMetadataKeys(from) as unknown[])
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, from), to);
}
