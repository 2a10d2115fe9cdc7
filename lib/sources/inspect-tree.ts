import type { ContentLimits } from './content-limits.js';

/** What is wrong with a parsed value, and at which keys. */
export interface TreeProblem {
  readonly path: readonly string[];
  readonly message: string;
  /** Whether the key at the end of the path is to blame, or its value. */
  readonly part: 'key' | 'value';
}

export interface InspectedTree {
  /** Keys and elements, aliases expanded. */
  readonly keys: number;
  readonly problems: readonly TreeProblem[];
}

/** Deeper trees would overflow the stack of what walks them later, whatever an app allows. */
const DEEPEST = 1_000;

/** More problems of one file than anyone reads. */
const MOST_PROBLEMS = 50;

/**
 * Checks what a parser yielded: plain data only, no keys that could reach a prototype, no cycles, within the limits.
 */
export function inspectTree(value: unknown, limits: ContentLimits): InspectedTree {
  const inspection = new Inspection(limits);
  inspection.value(value);
  return inspection;
}

/** Keys that plain assignment would turn into changes of a prototype. */
export function isForbiddenKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype';
}

class Inspection implements InspectedTree {
  keys = 0;
  readonly problems: TreeProblem[] = [];
  readonly #path: string[] = [];
  readonly #ancestors: object[] = [];
  readonly #maxDepth: number;
  readonly #maxKeys: number;

  constructor(limits: ContentLimits) {
    this.#maxDepth = Math.min(limits.maxDepth, DEEPEST);
    this.#maxKeys = limits.maxKeys;
  }

  value(value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#object(value);
    else if (value === undefined || typeof value === 'function' || typeof value === 'symbol') {
      this.#report(
        `is ${value === undefined ? 'undefined' : `a ${typeof value}`}, which is no configuration value`,
      );
    }
  }

  get #exhausted(): boolean {
    return this.keys > this.#maxKeys || this.problems.length >= MOST_PROBLEMS;
  }

  #object(value: object): void {
    const isList = Array.isArray(value);
    if (!isList && !isPlain(value)) return this.#opaque(value);
    if (this.#ancestors.length >= this.#maxDepth) return this.#tooDeep(value);
    this.#ancestors.push(value);
    if (isList) this.#elements(value as readonly unknown[]);
    else this.#members(value as Record<string, unknown>);
    this.#ancestors.pop();
  }

  #elements(list: readonly unknown[]): void {
    for (let index = 0; index < list.length; index += 1) {
      if (this.#exhausted || !this.#counted()) return;
      this.#path.push(String(index));
      this.value(list[index]);
      this.#path.pop();
    }
  }

  #members(members: Record<string, unknown>): void {
    for (const key of Object.keys(members)) {
      if (this.#exhausted || !this.#counted()) return;
      const member = members[key];
      // Most members are strings and numbers under harmless keys: they cost no more than this look.
      const isHarmless =
        typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean';
      if (isHarmless && !isForbiddenKey(key)) continue;
      this.#path.push(key);
      if (isForbiddenKey(key))
        this.#report(`has the key "${key}", which is not allowed: it could reach a prototype`, 'key');
      else this.value(member);
      this.#path.pop();
    }
  }

  #counted(): boolean {
    this.keys += 1;
    if (this.keys <= this.#maxKeys) return true;
    this.#report(`holds more than ${this.#maxKeys} keys and elements (limit maxKeys)`, 'value', []);
    return false;
  }

  #opaque(value: object): void {
    if (value instanceof Date || value instanceof Uint8Array) return;
    this.#report(`is a ${value.constructor?.name ?? 'foreign object'}, which is no configuration value`);
  }

  #tooDeep(value: object): void {
    // Content that contains itself is always too deep at last, so only here is it worth a look.
    const isCyclic = this.#ancestors.includes(value);
    this.#report(
      isCyclic ? 'contains itself' : `nests more than ${this.#maxDepth} levels deep (limit maxDepth)`,
    );
  }

  #report(message: string, part: 'key' | 'value' = 'value', path: readonly string[] = [...this.#path]): void {
    this.problems.push({ path, message, part });
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
