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
const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];

/** Whether a key is never allowed, wherever it stands. */
export function isForbiddenKey(key: string): boolean {
  return FORBIDDEN_KEYS.includes(key);
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
    if (!this.#counted(list.length)) return;
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
    if (!this.#counted(values.length)) return;
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
    const message = `has the key "${key}", which is not allowed: it could reach a prototype`;
    this.problems.push({ path: [...this.#path, key], message, part: 'key' });
  }

  get #isExhausted(): boolean {
    return this.#isCyclic || this.keys > this.#maxKeys || this.problems.length >= MOST_PROBLEMS;
  }

  #counted(more: number): boolean {
    this.keys += more;
    if (this.keys <= this.#maxKeys) return true;
    const message = `holds more than ${this.#maxKeys} keys and elements (limit maxKeys)`;
    this.problems.push({ path: [], message, part: 'value' });
    return false;
  }

  #opaque(value: object): void {
    if (value instanceof Date || value instanceof Uint8Array) return;
    this.#report(`is a ${value.constructor?.name ?? 'foreign object'}, which is no configuration value`);
  }

  #tooDeep(value: object): void {
    // FileContent that contains itself is always too deep at last, so only here is it worth a look.
    const chain = [...this.#ancestors, value];
    const again = chain.findIndex((each, depth) => chain.indexOf(each) < depth);
    if (again === -1) return this.#report(`nests more than ${this.#maxDepth} levels deep (limit maxDepth)`);
    // There may be no end to the ways round: one is enough.
    this.#isCyclic = true;
    this.problems.push({ path: this.#path.slice(0, again), message: 'contains itself', part: 'value' });
  }

  #report(message: string): void {
    this.problems.push({ path: [...this.#path], message, part: 'value' });
  }
}

/** What there is nothing more to ask about. */
function isScalar(value: unknown): boolean {
  const type = typeof value;
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint' || value === null;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
