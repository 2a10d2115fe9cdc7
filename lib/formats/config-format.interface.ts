import type { ContentLimits } from '../limits/content-limits.js';
import type { TextPosition } from './text-position.js';
import type { OriginPart } from '../model/origin.interface.js';

/**
 * How text becomes configuration. Two names and one function make one.
 *
 * @example
 * ```ts
 * const ini: ConfigFormat = {
 *   name: 'INI',
 *   extensions: ['ini'],
 *   parse: (text) => ({ value: parseIni(text) }),
 * };
 * ```
 *
 * @publicApi
 */
export interface ConfigFormat {
  /** How it is called in errors and in the `format` option, for example `YAML`; case does not matter there. */
  readonly name: string;
  /** File name endings it reads, without the leading dot and in lower case, for example `['yaml', 'yml']`. */
  readonly extensions: readonly string[];
  /**
   * Whether all values are strings, which may stand for numbers, booleans or JSON (as in `.env`): where a schema refuses
   * the string, it is given what the string says. Default false.
   */
  readonly stringsOnly?: boolean;
  /**
   * Reads `text`: decoded, without a byte order mark. May be asynchronous, so that it can import its parser late.
   *
   * @throws FormatError with the positions of what is wrong. Any other error becomes an issue without a position.
   */
  parse(text: string, context: ParseContext): ParsedText | Promise<ParsedText>;
}

/**
 * What a format is given besides the text.
 *
 * @publicApi
 */
export interface ParseContext {
  /** The file as the app named it. */
  readonly file: string;
  /** How deep, numerous and aliased content may be. */
  readonly limits: ContentLimits;
}

/**
 * What a format made of a text.
 *
 * @publicApi
 */
export interface ParsedText {
  /** Plain data; `null` or `undefined` where the text says nothing (it is empty, or holds comments only). */
  readonly value: unknown;
  /** What is worth a warning. Default: nothing. */
  readonly warnings?: readonly TextProblem[];
  /**
   * Where the value at `path` stands; for a path that leads nowhere, the nearest mapping around it. It is called on
   * errors only and may parse the text again. Absent where a format knows no positions.
   */
  readonly locate?: TextLocator;
}

/**
 * Finds a path in a text: its value, or the key it stands under. Elements of a list have no key.
 *
 * @publicApi
 */
export type TextLocator = (path: readonly string[], part?: OriginPart) => TextPosition | undefined;

/**
 * One thing about a text, with its place when known.
 *
 * @publicApi
 */
export interface TextProblem {
  /** One sentence. It must not quote values: they may be secrets. */
  readonly message: string;
  readonly position?: TextPosition | undefined;
}
