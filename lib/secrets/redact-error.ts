import { inspect } from 'node:util';
import { isPlainObject } from '../util/branches.js';
import type { HotConfigError } from '../model/hot-config.error.js';
import { REDACTED } from './secret-names.js';

/** Returns a string without the secrets in it. */
export type RedactText = (text: string) => string;

/** Members that say where a problem is. A secret with the same characters must not make them unreadable for programs. */
const PLACES: ReadonlySet<PropertyKey> = new Set(['path', 'origin', 'code', 'stage', 'name']);

/** Deeper causes and properties are left out; real errors do not nest this deep. */
const MAX_DEPTH = 10;

/**
 * Redacts everything that an error of this library shows: message, stack, issues and causes. The error itself is
 * changed; a cause, which belongs to other code, is replaced by a redacted copy.
 */
export function redactError<E extends HotConfigError>(error: E, redactText: RedactText): E {
  const redaction = new ErrorRedaction(error, redactText);
  for (const key of Reflect.ownKeys(error)) {
    const redacted = redaction.member(error, key);
    if (redacted !== undefined) Object.defineProperty(error, key, redacted);
  }
  return error;
}

class ErrorRedaction {
  readonly #redacted = new Map<object, unknown>();

  constructor(
    private readonly error: HotConfigError,
    private readonly redactText: RedactText,
  ) {}

  /** Returns the redacted property; undefined if the property holds no secret. */
  member(holder: object, key: PropertyKey, depth = 0): PropertyDescriptor | undefined {
    if (this.#isPlace(holder, key)) return undefined;
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)!; // one of its own keys
    // The stack of an error may be an accessor that creates it at the first read.
    const value = key === 'stack' ? (holder as Error).stack : (descriptor.value as unknown);
    const redacted = this.#value(value, depth);
    if (Object.is(redacted, value)) return undefined;
    return {
      value: redacted,
      enumerable: descriptor.enumerable ?? false,
      writable: true,
      configurable: true,
    };
  }

  /** Only errors and issues of this library have places. */
  #isPlace(holder: object, key: PropertyKey): boolean {
    return PLACES.has(key) && (holder === this.error || this.error.issues.includes(holder as never));
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.redactText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (this.#redacted.has(value)) return this.#redacted.get(value);
    if (depth > MAX_DEPTH) return '…';
    this.#redacted.set(value, value); // ends cycles
    const redacted = this.#object(value, depth);
    this.#redacted.set(value, redacted);
    return redacted;
  }

  #object(value: object, depth: number): unknown {
    const isWalkable = value instanceof Error || Array.isArray(value) || isPlainObject(value);
    if (!isWalkable) return this.#isClean(value) ? value : REDACTED;
    const replaced = Reflect.ownKeys(value).flatMap((key) => {
      const redacted = this.member(value, key, depth + 1);
      return redacted === undefined ? [] : [[key, redacted] as const];
    });
    if (replaced.length === 0) return value;
    const copy: object = Array.isArray(value)
      ? []
      : (Object.create(Object.getPrototypeOf(value) as object) as object);
    Object.defineProperties(copy, Object.getOwnPropertyDescriptors<object>(value));
    for (const [key, redacted] of replaced) Object.defineProperty(copy, key, redacted);
    return copy;
  }

  /** Objects of other libraries, such as the request or response of an HTTP error, cannot be redacted in part. */
  #isClean(value: object): boolean {
    try {
      const text = inspect(value, { depth: 5 });
      return this.redactText(text) === text;
    } catch {
      return false;
    }
  }
}
