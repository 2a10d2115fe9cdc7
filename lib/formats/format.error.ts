import type { TextProblem } from './config-format.interface.js';

/** Message for a text with more levels than a parser reads. */
export const NESTED_TOO_DEEPLY = 'is nested too deeply; flatten it';

/** Message for a text that overflows the stack of its parser, which does not say why. */
export const OVERFLOWS_STACK =
  'cannot be parsed: it is nested too deeply, or a list or string in it is too long for the parser; shorten it';

/**
 * Thrown by a format if a text is malformed. The source turns it into a `ConfigParseError` that names the file.
 *
 * @publicApi
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';

  constructor(
    /** All problems found, with positions. */
    readonly problems: readonly TextProblem[],
    options?: ErrorOptions,
  ) {
    super(problems.map((problem) => problem.message).join('; '), options);
  }
}
