import { isObjectBranch } from '../../util/branches.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import type { FileContent } from '../content/parse-content.js';

/** A value, with the file and the path in it that it is from. */
export interface LocatedValue {
  readonly value: unknown;
  readonly content: FileContent;
  readonly path: readonly string[];
}

/**
 * Remembers what is from elsewhere than what is around it. A member of an object is from the same file as the object,
 * one key further, unless something else is noted here.
 */
export class ValueOrigins {
  readonly #members = new WeakMap<object, Map<string, LocatedValue>>();

  note(around: object, key: string, member: LocatedValue): void {
    const members = this.#members.get(around) ?? new Map<string, LocatedValue>();
    this.#members.set(around, members);
    members.set(key, member);
  }

  memberOf({ value, content, path }: LocatedValue, key: string): LocatedValue {
    const noted = this.#members.get(value as object)?.get(key);
    const member = (value as Record<string, unknown>)[key];
    return noted ?? { value: member, content, path: [...path, key] };
  }

  /** Where a path below `root` stands; for one that leads nowhere, the nearest value around it. */
  locate(root: LocatedValue, path: readonly string[], part?: OriginPart): ConfigOrigin {
    const { around, found, missing } = this.#walk(root, path);
    // What was imported as a whole has its key where it was imported.
    if (part === 'key' && around !== undefined && found.path.length === 0 && missing.length === 0) {
      return around.content.locate([...around.path, path.at(-1)!], part);
    }
    return found.content.locate([...found.path, ...missing], part);
  }

  contentAt(root: LocatedValue, path: readonly string[]): FileContent {
    return this.#walk(root, path).found.content;
  }

  #walk(root: LocatedValue, path: readonly string[]) {
    let around: LocatedValue | undefined;
    let found = root;
    for (const [index, key] of path.entries()) {
      const { value } = found;
      const isThere = (Array.isArray(value) || isObjectBranch(value)) && Object.hasOwn(value, key);
      if (!isThere) return { around, found, missing: path.slice(index) };
      [around, found] = [found, this.memberOf(found, key)];
    }
    return { around, found, missing: [] };
  }
}
