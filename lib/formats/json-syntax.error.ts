/** Message for a text that stops in the middle. */
export const ENDS_TOO_EARLY =
  'the text ends too early; it may be cut off, or a closing bracket or quote is missing';

/** The first error in a JSON text. Its message quotes nothing of the text but one character: it may contain a secret. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';

  constructor(
    message: string,
    /** Offset of the error in the text. */
    readonly offset: number,
    /** `true` if the text exceeds a limit of the parser; then a syntax error may be anywhere after the offset. */
    readonly isLimit = false,
  ) {
    super(message);
  }

  static end(text: string): JsonSyntaxError {
    return new JsonSyntaxError(ENDS_TOO_EARLY, text.length);
  }

  static unexpectedCharacter(text: string, offset: number): JsonSyntaxError {
    const character = String.fromCodePoint(text.codePointAt(offset)!);
    return new JsonSyntaxError(`unexpected character '${character}'`, offset);
  }

  static controlCharacter(character: string, offset: number): JsonSyntaxError {
    const problem = /[\r\n]/.test(character)
      ? 'a string must not contain a line break; write \\n, or close the string'
      : 'a string must not contain a control character; write it as an escape such as \\t';
    return new JsonSyntaxError(problem, offset);
  }

  static badEscape(offset: number): JsonSyntaxError {
    return new JsonSyntaxError('invalid escape sequence; write \\\\ for a backslash', offset);
  }
}
