import type { TextProblem } from './config-format.interface.js';

/** Message for a text that a parser cannot read without overflowing the stack. */
export const NESTED_TOO_DEEPLY = 'is nested too deeply; flatten it';

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
