import type { ControlErrorCode } from '../../control/protocol.js';
import type { HotConfigErrorCode } from '../../model/error-code.js';

/** The exit codes of the command. Scripts rely on them; they are documented in docs/cli.md. */
export const ExitCode = {
  Ok: 0,
  /** The result is negative: rejected, not valid, no value at the path, a problem found. */
  No: 1,
  /** The command line is not valid. */
  Usage: 2,
  /** No running app was found. */
  NoApp: 3,
  /** Several apps are running, and the command line does not choose one. */
  SeveralApps: 4,
  /** The app does not respond, or the connection to it is lost. */
  Connection: 5,
  /** The app refuses the client or the request. */
  Refused: 6,
  /** A bug in the command, or output that cannot be written. */
  Fault: 70,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The errors by which an app refuses a client or a request; all others mean that the request has failed. */
const REFUSALS: ReadonlySet<string> = new Set<ControlErrorCode>([
  'UNAUTHORIZED',
  'TOO_MANY_CLIENTS',
  'BUSY',
  'RATE_LIMITED',
  'UNKNOWN_METHOD',
  'UNKNOWN_PARAM',
  'TOO_LARGE',
  'MALFORMED',
]);

/** The errors of an app about what was written on the command line. */
const USAGE_ERRORS: ReadonlySet<string> = new Set<ControlErrorCode | HotConfigErrorCode>([
  'BAD_PARAMS',
  'CONFIG_OPTIONS',
]);

/** Returns the exit code for an error code of an app. */
export function exitCodeFor(errorCode: string): ExitCode {
  if (REFUSALS.has(errorCode)) return ExitCode.Refused;
  return USAGE_ERRORS.has(errorCode) ? ExitCode.Usage : ExitCode.No;
}
