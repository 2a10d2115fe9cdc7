import type { ExitCode } from './exit-code.js';

/** Why the command ends without doing what was asked, and what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly exitCode: ExitCode,
    /** A stable name for programs, for example `NO_APP`. */
    readonly code: string,
    message: string,
    /** The next step, for people. */
    readonly next?: string,
  ) {
    super(message);
  }
}
