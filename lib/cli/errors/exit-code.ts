/** What the command ends with. Documented in docs/cli.md: scripts rely on them. */
export const ExitCode = {
  Ok: 0,
  /** The answer is no: rejected, not valid, no value there, something wrong found. */
  No: 1,
  /** The command line makes no sense. */
  Usage: 2,
  /** No app runs that could be asked. */
  NoApp: 3,
  /** Several apps run, and none was chosen. */
  SeveralApps: 4,
  /** The app does not answer, or went away meanwhile. */
  Connection: 5,
  /** The app refuses: a wrong token, too many clients, a request it does not know. */
  Refused: 6,
  /** A fault of the command itself, or output that cannot be written. */
  Fault: 70,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
