import type { ExitCode } from './exit-code.js';

/** Ends the command with an exit code, a message, and the next step. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly exitCode: ExitCode,
    /** A stable name for programs, for example `NO_APP`. */
    readonly code: string,
    message: string,
    /** Advice for the operator. */
    readonly next?: string,
  ) {
    super(message);
  }
}
