import { inspect } from 'node:util';
import { MAX_ISSUES, shorten } from '../util/bounded.js';
import { isPlainObject } from '../util/branches.js';
import { HotConfigError } from '../model/hot-config.error.js';
import { REDACTED } from './secret-names.js';

/** Returns a string without the secrets in it. */
export type RedactText = (text: string) => string;

/** Members that say where a problem is. A secret with the same characters must not make them unreadable for programs. */
const PLACES: ReadonlySet<PropertyKey> = new Set(['path', 'origin', 'code', 'stage', 'name']);

/** Members of errors that may be inherited, or be created at the first read. */
const INHERITED = ['message', 'stack'] as const;

/** Deeper causes and properties are left out; real errors do not nest this deep. */
const MAX_DEPTH = 10;

/** Maximum number of members of all objects in a member of an error; a list of issues of this library has fewer. */
const MAX_MEMBERS = 20 * MAX_ISSUES;

/** Maximum length of all texts in a member of an error; a list of issues of this library is shorter. */
const MAX_TEXTS = 512 * 1024;

/**
 * Redacts everything that an error of this library shows: message, stack, issues and causes. The error itself is changed
 * if it can be; what belongs to other code is replaced by a redacted copy. Never throws, whatever the error and its
 * causes are: a failure while a failure is described would end the process.
 */
export function redactError(error: HotConfigError, redactText: RedactText): HotConfigError {
  try {
    const places = new Set<object>([error, ...error.issues.slice(0, MAX_ISSUES + 1)]);
    const redacted = Reflect.ownKeys(error).flatMap((key) => {
      const redaction = new Redaction(redactText, places);
      const property = redaction.property(error, key, 0);
      return property !== undefined && redaction.hasFound ? [[key, property] as const] : [];
    });
    const isChanged =
      !Object.isSealed(error) &&
      redacted.every(([key, property]) => Reflect.defineProperty(error, key, property));
    return isChanged ? error : (new Redaction(redactText, places).copy(error, 0) as HotConfigError);
  } catch {
    return new HotConfigError('The error cannot be shown: reading it throws', 'CONFIG_UNEXPECTED');
  }
}

/** Copies a graph of objects without the secrets in it. */
class Redaction {
  /** `true` if there was anything to redact; else the originals can stay. */
  hasFound = false;
  readonly #copies = new Map<object, unknown>();
  #textLeft = MAX_TEXTS;
  #membersLeft = MAX_MEMBERS;

  constructor(
    private readonly redactText: RedactText,
    /** Only errors and issues of this library have places. */
    private readonly places: ReadonlySet<object>,
  ) {}

  /** Returns a property without secrets; undefined if there is none. */
  property(holder: object, key: PropertyKey, depth: number): PropertyDescriptor | undefined {
    const value = this.#read(holder, key);
    if (value === undefined) return undefined;
    const isPlace = PLACES.has(key) && this.places.has(holder);
    return {
      value: isPlace ? value : this.#value(value, depth),
      enumerable: Object.prototype.propertyIsEnumerable.call(holder, key),
      writable: true,
      configurable: true,
    };
  }

  /** Properties of other code may be fixed, so each one is defined once. */
  copy(value: object, depth: number): object {
    const isList = Array.isArray(value);
    const copy: object = isList ? [] : (Object.create(Object.getPrototypeOf(value) as object) as object);
    this.#copies.set(value, copy); // ends cycles
    for (const key of this.#keysOf(value)) {
      const property = this.property(value, key, depth + 1);
      if (property !== undefined) Object.defineProperty(copy, key, property);
    }
    return copy;
  }

  /** Of very many members, only the first ones are copied. */
  #keysOf(value: object): Iterable<PropertyKey> {
    if (Array.isArray(value)) return Array.from({ length: this.#upTo(value.length) }, (_, at) => String(at));
    const own = Reflect.ownKeys(value);
    const keys = own.slice(0, this.#upTo(own.length));
    return new Set([...(value instanceof Error ? INHERITED : []), ...keys]);
  }

  #upTo(count: number): number {
    const copied = Math.min(count, this.#membersLeft);
    this.#membersLeft -= copied;
    this.hasFound ||= copied < count;
    return copied;
  }

  #text(text: string): string {
    const shortened = shorten(text, this.#textLeft);
    this.#textLeft = Math.max(0, this.#textLeft - shortened.length);
    return this.redactText(shortened);
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#found(value, this.#text(value));
    if (typeof value !== 'object' || value === null) return value;
    if (this.#copies.has(value)) return this.#copies.get(value);
    if (depth > MAX_DEPTH) return this.#found(value, '…');
    try {
      return this.#object(value, depth);
    } catch {
      return this.#found(value, REDACTED); // nothing is known of its content
    }
  }

  #object(value: object, depth: number): unknown {
    const isWalkable = value instanceof Error || Array.isArray(value) || isPlainObject(value);
    if (isWalkable) return this.copy(value, depth);
    // Objects of other libraries, such as the request or response of an HTTP error, cannot be redacted in part.
    const text = inspect(value, { depth: 5 });
    return this.redactText(text) === text ? value : this.#found(value, REDACTED);
  }

  /** A getter may contain a secret too, or throw. */
  #read(holder: object, key: PropertyKey): unknown {
    try {
      return Reflect.get(holder, key) as unknown;
    } catch {
      return this.#found(holder, REDACTED);
    }
  }

  #found<V>(before: unknown, redacted: V): V {
    this.hasFound ||= !Object.is(before, redacted);
    return redacted;
  }
}
