import { isObjectBranch } from '../../util/branches.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import type { ShadowedByLayer } from '../../model/layer.interface.js';
import type { FileContent } from '../content/parse-content.js';

/** A value with the file that it comes from, and its path in that file. */
export interface LocatedValue {
  readonly value: unknown;
  readonly content: FileContent;
  readonly path: readonly string[];
  /** Of null: the value of an imported file that it replaces. */
  readonly hidden?: LocatedValue | undefined;
}

/**
 * Records the values that come from another file than the object around them. By default, a member of an object comes
 * from the same file as the object, one key further.
 */
export class ValueOrigins {
  readonly #members = new WeakMap<object, Map<string, LocatedValue>>();

  record(parent: object, key: string, member: LocatedValue): void {
    const members = this.#members.get(parent) ?? new Map<string, LocatedValue>();
    this.#members.set(parent, members);
    members.set(key, member);
  }

  memberOf({ value, content, path }: LocatedValue, key: string): LocatedValue {
    const recorded = this.#members.get(value as object)?.get(key);
    const member = (value as Record<string, unknown>)[key];
    return recorded ?? { value: member, content, path: [...path, key] };
  }

  /** Returns the origin of a path below `root`, or of the nearest value around a path that does not exist. */
  locate(root: LocatedValue, path: readonly string[], part?: OriginPart): ConfigOrigin {
    const { parent, found, missing } = this.#walk(root, path);
    // A file that was imported as a whole has its key in the importing file.
    if (part === 'key' && parent !== undefined && found.path.length === 0 && missing.length === 0) {
      return parent.content.locate([...parent.path, path.at(-1)!], part);
    }
    return found.content.locate([...found.path, ...missing], part);
  }

  /** Returns the characters of the number, boolean or null at a path below `root`, as its file has them. */
  textOf(root: LocatedValue, path: readonly string[]): string | undefined {
    const { found, missing } = this.#walk(root, path);
    return missing.length > 0 ? undefined : found.content.textOf(found.path);
  }

  /** Returns the value that null at a path replaces, with its origin. */
  shadowedAt(root: LocatedValue, path: readonly string[]): ShadowedByLayer[] {
    const { found, missing } = this.#walk(root, path);
    if (missing.length > 0 || found.hidden === undefined) return [];
    const { value, content, path: own } = found.hidden;
    return [{ value, origin: content.locate(own) }];
  }

  contentAt(root: LocatedValue, path: readonly string[]): FileContent {
    return this.#walk(root, path).found.content;
  }

  #walk(root: LocatedValue, path: readonly string[]) {
    let parent: LocatedValue | undefined;
    let found = root;
    for (const [index, key] of path.entries()) {
      // If null counts as absent, its members are those of the value that it replaces.
      const around = found.hidden ?? found;
      const { value } = around;
      const exists = (Array.isArray(value) || isObjectBranch(value)) && Object.hasOwn(value, key);
      if (!exists) return { parent, found, missing: path.slice(index) };
      [parent, found] = [around, this.memberOf(around, key)];
    }
    return { parent, found, missing: [] };
  }
}
