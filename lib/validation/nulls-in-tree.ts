import { isPlainObject } from '../util/branches.js';
import type { NullMeaning, NullPlace } from './null-rules.js';

type Members = Readonly<Record<string, unknown>>;

/** A null in a tree. */
export interface FoundNull {
  readonly path: readonly string[];
  /** Its meaning; undefined if no class describes the place. */
  readonly meaning: NullMeaning | undefined;
  /** `true` if a class has a default for the place. */
  readonly hasDefault: boolean;
  /** `true` if a list is around it: a list replaces the list of a lower layer as a whole. */
  readonly isInList: boolean;
}

/**
 * Finds nulls in trees. It remembers the branches that have none: they are not searched again, and versions share what did
 * not change.
 */
export class NullSearch {
  readonly #free = new WeakSet<object>();

  /** Checks for a null at any depth. */
  hasNull(value: unknown): boolean {
    if (!isData(value) || this.#free.has(value)) return false;
    // Before its members, so that a value that contains itself has an end.
    this.#free.add(value);
    for (const key of Object.keys(value)) {
      if (value[key] !== null && !this.hasNull(value[key])) continue;
      this.#free.delete(value);
      return true;
    }
    return false;
  }

  /**
   * Returns a tree in which `replace` has decided about each null: it returns null, or the value instead. Undefined
   * removes the key of an object. Copies along their paths, and shares everything else.
   */
  replaced<T>(tree: T, place: NullPlace | undefined, replace: (found: FoundNull) => unknown): T {
    return this.hasNull(tree) ? (this.#visit(tree as Members, place, [], false, replace) as T) : tree;
  }

  #visit(
    branch: Members,
    place: NullPlace | undefined,
    path: readonly string[],
    isInList: boolean,
    replace: (found: FoundNull) => unknown,
  ): Members {
    const isList = Array.isArray(branch);
    const isAnyInList = isInList || isList;
    let copy: Record<string, unknown> | undefined;
    const copied = () =>
      (copy ??= (isList ? (branch as unknown as unknown[]).slice() : { ...branch }) as Record<
        string,
        unknown
      >);
    for (const key of Object.keys(branch)) {
      const member = branch[key];
      if (member !== null && !this.hasNull(member)) continue;
      const below = place?.below(key, branch);
      const memberPath = [...path, key];
      if (member !== null) {
        const visited = this.#visit(member as Members, below, memberPath, isAnyInList, replace);
        if (visited !== member) copied()[key] = visited;
        continue;
      }
      const { meaning, hasDefault = false } = below ?? {};
      const value = replace({ path: memberPath, meaning, hasDefault, isInList: isAnyInList });
      if (value === null) continue;
      if (value !== undefined) copied()[key] = value;
      else if (!isList) Reflect.deleteProperty(copied(), key);
    }
    return copy ?? branch;
  }
}

/** Other values, such as a Date or a Map, are values as a whole. */
function isData(value: unknown): value is Members {
  return Array.isArray(value) || isPlainObject(value);
}
