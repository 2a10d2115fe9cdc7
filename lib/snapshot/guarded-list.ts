/** The methods of Array that change the list although code often wants only their result, and those that return a copy. */
const COPYING_TWINS = Object.freeze({ sort: 'toSorted', reverse: 'toReversed', splice: 'toSpliced' });

type Mutator = keyof typeof COPYING_TWINS;

/**
 * The methods that each guarded list has of its own. All lists share them. They are few because a large file has 10^5
 * lists: each method costs V8 about 0.2 µs a list, and the fourth to the sixth one 24 bytes.
 */
const GUARDS = Object.freeze((Object.keys(COPYING_TWINS) as Mutator[]).map(guardOf));
const SORT: unknown = GUARDS[0]?.descriptor.value;

/**
 * Gives a list methods that say what to do instead of changing it: those of a frozen array only throw "Cannot assign to
 * read only property '0' of object '[object Array]'". They are not enumerable, and the prototype stays the one of other
 * lists: `assert.deepStrictEqual` sees no difference.
 *
 * The list cannot be extended any more, which tells it from a complete copy: that has the methods too, but is not frozen.
 * A list that cannot be extended before does not get them, nor does one of a subclass of Array, which may have its own.
 */
export function guardList(list: readonly unknown[]): void {
  if (!Object.isExtensible(list) || !hasPrototypeOfArray(list) || hasOwnSort(list)) return;
  for (const { name, descriptor } of GUARDS) Object.defineProperty(list, name, descriptor);
  // Frozen after `preventExtensions`, an empty list could still change its length (V8, seen on Node 20).
  if (list.length === 0) Object.freeze(list);
  else Object.preventExtensions(list);
}

/** Checks for a list that `guardList` has given its methods, and not for a complete copy of one. */
export function isGuardedList(value: object): boolean {
  return Array.isArray(value) && value.sort === SORT && !Object.isExtensible(value);
}

/** Checks for a method that is the app's own, and not one of those above: a complete copy of a frozen list has these. */
function hasOwnSort(list: readonly unknown[]): boolean {
  return Object.hasOwn(list, 'sort') && Reflect.get(list, 'sort') !== SORT;
}

/** Checks for the prototype of arrays of any realm, which is an array itself; that of a subclass is not. */
function hasPrototypeOfArray(list: readonly unknown[]): boolean {
  return Array.isArray(Object.getPrototypeOf(list));
}

/** Creates a method that refuses to change a frozen list, and changes what is not: a draft or a complete copy of one. */
function guardOf(name: Mutator): { name: Mutator; descriptor: Readonly<PropertyDescriptor> } {
  const guards = {
    [name](this: unknown[], ...parameters: never[]): unknown {
      if (Object.isFrozen(this)) throw new TypeError(refusalOf(name));
      return Reflect.apply(Array.prototype[name], this, parameters);
    },
  };
  // Complete, because V8 then takes a third less time.
  const descriptor = { value: guards[name], writable: false, enumerable: false, configurable: false };
  return { name, descriptor: Object.freeze(descriptor) };
}

function refusalOf(name: Mutator): string {
  const copies = `list.${COPYING_TWINS[name]}() or [...list].${name}()`;
  return `Configuration is immutable: ${name}() would change this list. Copy it with ${copies}, or change its source instead`;
}
