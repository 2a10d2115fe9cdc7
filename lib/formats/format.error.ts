import type { TextProblem } from './config-format.interface.js';

/**
 * What a format throws when a text does not follow it. The source turns it into a `ConfigParseError` that names the
 * file.
 *
 * @publicApi
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';

  constructor(
    /** Everything that is wrong, with positions. */
    readonly problems: readonly TextProblem[],
    options?: ErrorOptions,
  ) {
    super(problems.map((problem) => problem.message).join('; '), options);
  }
}
