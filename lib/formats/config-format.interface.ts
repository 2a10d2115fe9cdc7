import type { ContentLimits } from '../limits/content-limits.js';
import type { TextPosition } from './text-position.js';
import type { OriginPart } from '../model/origin.interface.js';

/**
 * A format that parses text into configuration.
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
  /** Name for errors and for the `format` option (in any case), for example `YAML`. */
  readonly name: string;
  /** File extensions, in lower case and without the leading dot, for example `['yaml', 'yml']`. */
  readonly extensions: readonly string[];
  /**
   * `true` if all values are strings that may represent numbers, booleans or JSON (as in `.env`): if a schema rejects
   * the string, it gets the parsed value. Default `false`.
   */
  readonly stringsOnly?: boolean;
  /**
   * `true` if a string may consist of indented lines, in which the markers of an unfinished merge are indented too.
   * Default `false`.
   *
   * @internal
   */
  readonly hasIndentedStrings?: boolean;
  /**
   * Parses `text`, which is decoded and has no byte order mark. May be asynchronous, for example to import a parser on
   * first use.
   *
   * @throws FormatError with the positions of all problems. Any other error becomes an issue without a position.
   */
  parse(text: string, context: ParseContext): ParsedText | Promise<ParsedText>;
  /**
   * Returns the functions of a result of `parse` without parsing the text. Only for the formats of this library: those that
   * have it may be parsed in a thread, which functions cannot leave.
   *
   * @internal
   */
  placesIn?(
    text: string,
    context: Pick<ParseContext, 'limits'>,
  ): Pick<ParsedText, 'locate' | 'textOf'> | Promise<Pick<ParsedText, 'locate' | 'textOf'>>;
  /**
   * Size of a text from which on a thread parses it, in bytes. Default 32 KiB, which take about 10 ms.
   *
   * @internal
   */
  readonly largeFrom?: number;
}

/**
 * Context of a `parse` call.
 *
 * @publicApi
 */
export interface ParseContext {
  /** Path of the file as written in the app's options. */
  readonly file: string;
  /** Limits that the content must respect. */
  readonly limits: ContentLimits;
  /** Returns whether the value at a path of the text is secret: a message must not quote it. */
  isSecret(path: readonly string[]): boolean;
  /**
   * `true` if the app has a schema. Without one, nothing refuses a value of another type than the one that was meant
   * (`off` is a string), so a format warns of it.
   */
  readonly hasSchema: boolean;
}

/**
 * Result of parsing a text.
 *
 * @publicApi
 */
export interface ParsedText {
  /** Plain data; `null` or `undefined` if the text is empty or has only comments. */
  readonly value: unknown;
  /** Problems that are logged as warnings. Default: none. */
  readonly warnings?: readonly TextProblem[];
  /**
   * Returns the position of the value at `path`, or of the nearest mapping around a path that does not exist. It is
   * called on errors only, and may parse the text again. Omit it if the format has no positions.
   */
  readonly locate?: TextLocator;
  /**
   * Returns the characters of the number, boolean or null at `path` as the text has them, for example `4.10` or `0x1F`:
   * a schema that turns it into a string must get these. Called rarely, and may parse the text again. Omit it if the format
   * has strings only.
   */
  readonly textOf?: (path: readonly string[]) => string | undefined;
}

/**
 * Finds the position of a value in a text, or of its key. List elements have no key.
 *
 * @publicApi
 */
export type TextLocator = (path: readonly string[], part?: OriginPart) => TextPosition | undefined;

/**
 * A problem in a text, with its position if known.
 *
 * @publicApi
 */
export interface TextProblem {
  /** One sentence: the problem, and how to fix it. It must quote no value that is secret (`ParseContext.isSecret`). */
  readonly message: string;
  readonly position?: TextPosition | undefined;
  /** Path of the value within the text, if the problem has one. Default: the whole text. */
  readonly path?: readonly string[];
}
