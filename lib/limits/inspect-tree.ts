import type { ContentLimits } from './content-limits.js';
import { FORBIDDEN_KEYS, forbiddenKeyMessage } from './forbidden-keys.js';

/** A problem of a parsed value. */
export interface TreeProblem {
  readonly path: readonly string[];
  /** A sentence without its subject, which is the path. */
  readonly message: string;
  /** The part at the end of the path that causes the problem. */
  readonly part: 'key' | 'value';
}

export interface InspectedTree {
  /** Number of keys and elements, with aliases expanded. */
  readonly keys: number;
  readonly problems: readonly TreeProblem[];
}

/** Cap on `maxDepth`: deeper trees would overflow the stack of the code that walks them later. */
const DEPTH_CAP = 1_000;

/** Problems reported for one file; an operator does not read more. */
const MAX_PROBLEMS = 50;

/**
 * The end of a message about content with too many keys and elements. Parsers count them too: a tree that is refused only
 * when it is complete has already taken the memory.
 */
export function tooManyKeys(maxKeys: number): string {
  return `has more than ${maxKeys} keys and elements (limit maxKeys); shorten it or raise the limit`;
}

/** Checks a parsed value: plain data only, no keys that could change a prototype, no cycles, within the limits. */
export function inspectTree(value: unknown, limits: ContentLimits): InspectedTree {
  const inspection = new Inspection(limits);
  inspection.value(value);
  return inspection;
}

class Inspection implements InspectedTree {
  keys = 0;
  readonly problems: TreeProblem[] = [];
  readonly #path: string[] = [];
  readonly #ancestors: object[] = [];
  #isCyclic = false;
  readonly #maxDepth: number;
  readonly #maxKeys: number;

  constructor(limits: ContentLimits) {
    this.#maxDepth = Math.min(limits.maxDepth, DEPTH_CAP);
    this.#maxKeys = limits.maxKeys;
  }

  value(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#object(value);
    else if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
      this.#reportUnsupported(value === undefined ? 'undefined' : `a ${typeof value}`);
    }
  }

  #object(value: object): void {
    const isList = Array.isArray(value);
    if (!isList && !isPlain(value)) return this.#instance(value);
    if (this.#ancestors.length >= this.#maxDepth) return this.#tooDeep(value);
    this.#ancestors.push(value);
    if (isList) this.#elements(value as readonly unknown[]);
    else this.#members(value as Record<string, unknown>);
    this.#ancestors.pop();
  }

  #elements(list: readonly unknown[]): void {
    if (!this.#count(list.length)) return;
    for (let index = 0; index < list.length; index += 1) {
      const element = list[index];
      if (isScalar(element)) continue;
      if (this.#isExhausted) return;
      this.#below(String(index), element);
    }
  }

  /** `Object.values` takes a quarter of the time of walking the keys; few objects need their names. */
  #members(members: Record<string, unknown>): void {
    for (const key of FORBIDDEN_KEYS) if (Object.hasOwn(members, key)) this.#forbidden(key);
    const values = Object.values(members);
    if (!this.#count(values.length)) return;
    let names: string[] | undefined;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index];
      if (isScalar(value)) continue;
      if (this.#isExhausted) return;
      names ??= Object.keys(members);
      this.#below(names[index]!, value);
    }
  }

  #below(key: string, value: unknown): void {
    this.#path.push(key);
    this.value(value);
    this.#path.pop();
  }

  #forbidden(key: string): void {
    this.problems.push({ path: [...this.#path, key], message: forbiddenKeyMessage(key), part: 'key' });
  }

  get #isExhausted(): boolean {
    return this.#isCyclic || this.keys > this.#maxKeys || this.problems.length >= MAX_PROBLEMS;
  }

  /** Returns `false` if the limit is exceeded now. */
  #count(more: number): boolean {
    this.keys += more;
    if (this.keys <= this.#maxKeys) return true;
    this.problems.push({ path: [], message: tooManyKeys(this.#maxKeys), part: 'value' });
    return false;
  }

  #instance(value: object): void {
    if (value instanceof Date || value instanceof Uint8Array) return;
    this.#reportUnsupported(`a ${value.constructor?.name ?? 'foreign object'}`);
  }

  #tooDeep(value: object): void {
    // A cycle always ends up too deep, so it is looked for here only.
    const chain = [...this.#ancestors, value];
    const repeated = chain.findIndex((each, depth) => chain.indexOf(each) < depth);
    if (repeated === -1) {
      return this.#report(
        `is nested more than ${this.#maxDepth} levels deep (limit maxDepth); flatten it or raise the limit`,
      );
    }
    // The number of paths through a cycle may be unlimited: one report is enough.
    this.#isCyclic = true;
    const message = 'contains itself; remove the circular reference';
    this.problems.push({ path: this.#path.slice(0, repeated), message, part: 'value' });
  }

  #reportUnsupported(kind: string): void {
    this.#report(`is ${kind}, which is not a configuration value; use plain data instead`);
  }

  #report(message: string): void {
    this.problems.push({ path: [...this.#path], message, part: 'value' });
  }
}

function isScalar(value: unknown): boolean {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint' || value === null;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
