import { inspect } from 'node:util';
import { isPlainObject } from '../util/branches.js';
import type { HotConfigError } from '../model/hot-config.error.js';

/** Gives a text without the secrets in it. */
export type RedactText = (text: string) => string;

/** What says where something is: a secret of the same text must not make that unreadable for programs. */
const PLACES = new Set<PropertyKey>(['path', 'origin', 'code', 'stage', 'name']);

/** No error nests this deep; what goes deeper is left out. */
const MAX_DEPTH = 10;

/**
 * Hides what `hide` hides in all that an error of this library shows: message, stack, issues and causes. The error stays
 * the one it is; a cause, which is somebody else's, gives way to a stand-in where it shows a secret.
 */
export function redactError<E extends HotConfigError>(error: E, hide: RedactText): E {
  const hiding = new Hiding(error, hide);
  for (const key of Reflect.ownKeys(error)) {
    const shown = hiding.member(error, key);
    if (shown !== undefined) Object.defineProperty(error, key, shown);
  }
  return error;
}

class Hiding {
  readonly #shown = new Map<object, unknown>();

  constructor(
    private readonly error: HotConfigError,
    private readonly hide: RedactText,
  ) {}

  /** The property as it may be shown; undefined where it may as it is. */
  member(holder: object, key: PropertyKey, depth = 0): PropertyDescriptor | undefined {
    if (this.isPlace(holder, key)) return undefined;
    const descriptor = Object.getOwnPropertyDescriptor(holder, key)!; // one of its own keys
    // The stack of an error may be an accessor, made when it is first asked for.
    const value = key === 'stack' ? (holder as Error).stack : (descriptor.value as unknown);
    const shown = this.#value(value, depth);
    if (Object.is(shown, value)) return undefined;
    return { value: shown, enumerable: descriptor.enumerable ?? false, writable: true, configurable: true };
  }

  /** Only in what is this library's. */
  private isPlace(holder: object, key: PropertyKey): boolean {
    return PLACES.has(key) && (holder === this.error || this.error.issues.includes(holder as never));
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.hide(value);
    if (typeof value !== 'object' || value === null) return value;
    if (this.#shown.has(value)) return this.#shown.get(value);
    if (depth > MAX_DEPTH) return '…';
    this.#shown.set(value, value); // what leads back here
    const shown = this.#object(value, depth);
    this.#shown.set(value, shown);
    return shown;
  }

  #object(value: object, depth: number): unknown {
    const isOpen = value instanceof Error || Array.isArray(value) || isPlainObject(value);
    if (!isOpen) return this.#isClean(value) ? value : '[hidden]';
    const replaced = Reflect.ownKeys(value).flatMap((key) => {
      const shown = this.member(value, key, depth + 1);
      return shown === undefined ? [] : [[key, shown] as const];
    });
    if (replaced.length === 0) return value;
    const copy: object = Array.isArray(value)
      ? []
      : (Object.create(Object.getPrototypeOf(value) as object) as object);
    Object.defineProperties(copy, Object.getOwnPropertyDescriptors<object>(value));
    for (const [key, shown] of replaced) Object.defineProperty(copy, key, shown);
    return copy;
  }

  /** Of what others made nobody knows the parts: a request or a response that an error has with it. */
  #isClean(value: object): boolean {
    try {
      const text = inspect(value, { depth: 5 });
      return this.hide(text) === text;
    } catch {
      return false;
    }
  }
}
