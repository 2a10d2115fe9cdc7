import { isPlainObject } from '../../util/branches.js';

type Members = Readonly<Record<string, unknown>>;

/**
 * Makes an object that exists already show what `read` gives, member by member: for one that somebody holds who was given
 * it before there was anything to read. What has not changed since then is what stood there, the very same.
 *
 * @returns what is to be called when members may have come or gone; undefined where the object cannot be made to follow
 */
export function followInPlace(object: object, read: () => Members | undefined): (() => void) | undefined {
  if (!isPlainObject(object) || !Object.isExtensible(object)) return undefined;
  const own: Members = { ...object };
  const atFirst = read() ?? {};
  const follow = (key: string) => {
    Object.defineProperty(object, key, {
      enumerable: true,
      configurable: true,
      get: () => {
        const now = read()?.[key];
        return now === atFirst[key] ? own[key] : now;
      },
      // Who writes to it has the last word, as with any object.
      set: (value: unknown) => {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      },
    });
  };
  for (const key of Object.keys(own))
    if (Object.getOwnPropertyDescriptor(object, key)?.configurable) follow(key);
  return () => {
    for (const key of Object.keys(read() ?? {})) if (!Object.hasOwn(object, key)) follow(key);
  };
}
