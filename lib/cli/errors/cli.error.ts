import type { CliErrorCode } from './cli-error-codes.js';
import type { ExitCode } from './exit-code.js';

/** Ends the command with an exit code, a message, and the next step. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** A stable name for programs, for example `NO_APP`. */
  readonly code: string;

  constructor(
    readonly exitCode: ExitCode,
    /** A code of the command itself; or another one, of the library in this process or in an app, which may be newer. */
    code: CliErrorCode | { readonly other: string },
    message: string,
    /** Advice for the operator. */
    readonly next?: string,
  ) {
    super(message);
    this.code = typeof code === 'string' ? code : code.other;
  }
}
