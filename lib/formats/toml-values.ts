import type { ParseContext, TextProblem } from './config-format.interface.js';
import { isExactNumber } from './exact-number.js';
import { inexactNumberProblem, MAX_INEXACT_NUMBERS } from './inexact-number.js';
import { isPossibleDate, type TomlSyntaxTree } from './toml-syntax-tree.js';
import { formatPath } from '../model/paths.js';
import { setOwn } from '../util/branches.js';

type TomlDate = InstanceType<(typeof import('smol-toml'))['TomlDate']>;

/** A number that may be inexact: 16 digits or more, or an exponent. It may also be part of a comment or a string. */
const UNUSUAL_NUMBER = /[=[,\s][+-]?(?:[\d_.]{16,}|\d[\d_]*(?:\.[\d_]*)?[eE])/;

/**
 * Turns what `smol-toml` returns, objects without a prototype, into plain data. Compares it with the text, because
 * that parser moves `1988-02-30` to March, drops digits of times, and rounds fractions.
 */
export class TomlValues {
  readonly problems: TextProblem[] = [];
  readonly warnings: TextProblem[] = [];
  readonly #path: string[] = [];
  readonly #mayBeInexact: boolean;

  constructor(
    text: string,
    private readonly syntaxTree: () => TomlSyntaxTree,
    private readonly context: ParseContext,
    private readonly dates: new (text: string) => TomlDate,
  ) {
    this.#mayBeInexact = UNUSUAL_NUMBER.test(text);
  }

  plain(value: unknown): unknown {
    if (typeof value === 'bigint') return this.#integer(value);
    if (typeof value === 'number') return this.#mayBeInexact ? this.#number(value) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof this.dates) return this.#date(value);
    const plain: object = Array.isArray(value) ? [] : {};
    for (const [key, member] of Object.entries(value)) {
      this.#path.push(key);
      // The key may be `__proto__`, which is rejected later with a clear error.
      setOwn(plain, key, this.plain(member));
      this.#path.pop();
    }
    return plain;
  }

  /** An integer that is not safe is exact only if its last digits are zeros, in some base. */
  #integer(integer: bigint): number {
    const number = Number(integer);
    if (BigInt(number) !== integer) this.#reportInexact(this.#text ?? String(integer), number);
    return number;
  }

  #number(number: number): number {
    const text = this.#text ?? '';
    const isDecimal = /^[+-]?\d/.test(text) && !/^0[xob]/.test(text);
    if (isDecimal && !isExactNumber(text.replaceAll('_', ''), number)) this.#reportInexact(text, number);
    return number;
  }

  #date(date: TomlDate): Date | string {
    const isInstant = date.isDateTime() && !date.isLocal();
    const text = this.#text ?? date.toISOString();
    const [day] = /^\d{4}-\d\d-\d\d/.exec(text) ?? [];
    if (day !== undefined && !isPossibleDate(day)) {
      this.#report(this.problems, text, 'a date that does not exist; correct it, or put it in quotes');
    }
    if (isInstant && /\.\d{3}\d*[1-9]/.test(text)) {
      const problem =
        'but a Date has milliseconds only, and the digits after them are dropped; remove them, or put it in quotes';
      this.#report(this.warnings, text, problem);
    }
    return isInstant ? new Date(date) : text;
  }

  /** The characters of the current value. */
  get #text(): string | undefined {
    return this.syntaxTree().textOf(this.#path);
  }

  #reportInexact(text: string, number: number): void {
    if (this.problems.length >= MAX_INEXACT_NUMBERS) return;
    const path = [...this.#path];
    const position = this.syntaxTree().locate(path);
    this.problems.push(inexactNumberProblem({ path, text, number, position }, this.context));
  }

  #report(problems: TextProblem[], text: string, problem: string): void {
    if (problems.length >= MAX_INEXACT_NUMBERS) return;
    const path = [...this.#path];
    const subject = this.context.isSecret(path) ? 'a date' : text;
    const message = `${formatPath(path)} is ${subject}, ${problem}`;
    problems.push({ path, message, position: this.syntaxTree().locate(path) });
  }
}

/** Checks whether the characters of a value are a date or a time. */
export function isDate(text: string): boolean {
  return /^\d{4}-|^\d\d:/.test(text);
}
