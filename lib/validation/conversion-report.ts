import { isExactNumber } from '../formats/exact-number.js';
import { formatPath } from '../model/paths.js';
import { describeSource, type IsSecret } from './issue-message.js';
import type { CheckContext, PathIssue } from './validator.interface.js';
import { isFaithful, isMeaningless } from './conversion-table.js';

/** A value that a schema library did not leave as the source has it. */
interface Conversion extends PathIssue {
  /** `true` if an issue of the library about the same value says more. */
  readonly isSecondary: boolean;
}

/** Everything that a report needs. */
interface ConversionReportContext extends CheckContext {
  /** The library as messages name it. */
  readonly library: string;
  readonly isSecret: IsSecret;
  /** Path of the values that the schema describes. */
  readonly base: readonly string[];
}

/**
 * Collects the conversions of one check, each with a message that says what the source has and what to write. It copies the
 * paths that it is given, which a search may change.
 */
export class ConversionReport {
  readonly found: Conversion[] = [];

  constructor(private readonly context: ConversionReportContext) {}

  /** Reports a value that came out as another one, if that does not say the same. */
  compare(path: readonly string[], source: unknown, made: unknown): void {
    if (Object.is(source, made) || isFaithful(source, made, () => this.context.textOf?.(path))) return;
    const name = this.#nameOf(path);
    const isSecondary = isMeaningless(made);
    const message = isSecondary
      ? `${name} must be ${expected(made)} (was ${this.#describe(path, source)})`
      : `${name} is ${this.#sourceOf(path, source)}, which ${this.context.library} turns into ${this.#madeOf(path, made)}; ${this.#isSecret(path) ? adviceFor(made) : adviceOn(source, made)}`;
    this.found.push({ path: [...path], message, isSecondary });
  }

  /** Reports a value of another shape than the class declares. */
  shape(path: readonly string[], source: unknown, declared: 'list' | 'object'): void {
    const was = Array.isArray(source) ? 'a list' : this.#describe(path, source);
    this.found.push({
      path: [...path],
      message:
        this.#nameOf(path) +
        (declared === 'list' ? ` must be a list (was ${was})` : ` must be an object (was ${was})`),
      isSecondary: true,
    });
  }

  /** Reports a key that is missing in what came out. */
  dropped(path: readonly string[], holder: string): void {
    const message = `${this.#nameOf(path)} gets lost: ${this.context.library} drops keys that are members of ${holder}; rename the key, or convert the object with @Transform()`;
    this.found.push({ path: [...path], message, part: 'key', isSecondary: false });
  }

  /** Reports a key that sets the same property as another key beside it. */
  setTwice(path: readonly string[], property: string): void {
    const other = this.#nameOf([...path.slice(0, -1), property]);
    const message = `${this.#nameOf(path)} and ${other} set the same value; remove one of them`;
    this.found.push({ path: [...path], message, part: 'key', isSecondary: false });
  }

  /** Reports a key that should select one of several classes, and selects none. */
  selectsNothing(path: readonly string[], source: unknown, names: readonly unknown[]): void {
    const choices = names.map((name) => JSON.stringify(name)).join(', ');
    const message = `${this.#nameOf(path)} must be one of ${choices} (was ${this.#describe(path, source)})`;
    this.found.push({ path: [...path], message, isSecondary: true });
  }

  #nameOf(path: readonly string[]): string {
    return formatPath([...this.context.base, ...path]);
  }

  #describe(path: readonly string[], value: unknown): string {
    return describeSource([...this.context.base, ...path], value, this.context.isSecret);
  }

  #sourceOf(path: readonly string[], source: unknown): string {
    if (this.#isSecret(path)) return `${kindOf(source)} (${this.#describe(path, source)})`;
    if (typeof source === 'string') return `the string ${this.#describe(path, source)}`;
    if (typeof source === 'object' && source !== null) return kindOf(source);
    const text = this.context.textOf?.(path);
    if (text !== undefined || source === null) return text ?? 'null';
    return this.#describe(path, source);
  }

  #madeOf(path: readonly string[], made: unknown): string {
    if (this.#isSecret(path)) return `another value`;
    return made instanceof Date ? made.toISOString() : this.#describe(path, made);
  }

  #isSecret(path: readonly string[]): boolean {
    return this.context.isSecret([...this.context.base, ...path]);
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function expected(made: unknown): string {
  if (made instanceof Date) return 'a date such as 2026-01-31';
  return typeof made === 'number' ? 'a number' : 'another value';
}

/** Says what to write, with regard to what the source has. */
function adviceOn(source: unknown, made: unknown): string {
  if (typeof made === 'number' && (source === null || source === ''))
    return 'write a decimal number, or remove it';
  if (typeof source === 'string') {
    if (typeof made === 'boolean' && /^\s*(?:true|false)\s*$/i.test(source))
      return `${adviceFor(made)} without quotes`;
    if (typeof made === 'number' && /^\s*[+-]?0\d/.test(source))
      return 'write a decimal number without a zero in front';
    if (typeof made === 'number' && /\d/.test(source) && !isExactNumber(source.trim(), made))
      return 'expect a string in the schema, because a number cannot hold it exactly';
    if (typeof made === 'number') return 'write a decimal number';
  }
  const isScalar = ['number', 'boolean', 'bigint'].includes(typeof source);
  return typeof made === 'string' && isScalar ? 'put it in quotes' : adviceFor(made);
}

/** Says what to write, without a hint at what the source has. */
function adviceFor(made: unknown): string {
  if (typeof made === 'boolean') return 'write true or false';
  if (typeof made === 'number') return 'write a number';
  if (typeof made === 'bigint') return 'write a whole number';
  return made instanceof Date ? 'write a date such as 2026-01-31' : 'write a string';
}

/** Leaves out conversions if the library has an issue about the same value that says more. */
export function withoutSecondary(
  found: readonly Conversion[],
  issues: readonly PathIssue[],
): readonly Conversion[] {
  if (found.length === 0) return found;
  const named = new Set(issues.map(({ path }) => formatPath(path)));
  return found.filter(({ path, isSecondary }) => !isSecondary || !named.has(formatPath(path)));
}
