import type { AppIdentity } from '../../control/protocol.js';

/** A connection to one app. */
export interface Link {
  readonly app: AppIdentity;

  /**
   * Asks for something. Rejects with a `CliError` where the app refuses, fails or goes away.
   *
   * @param onEvent what the app tells before it answers
   */
  call(call: Call): Promise<unknown>;

  close(): void;
}

/** What is asked. */
export interface Call {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Whether it changes something: then the app is told, and shown, who asks. */
  readonly changes?: boolean;
  /** How long to wait for the answer, in ms; Infinity for what lasts. */
  readonly timeout: number;
  /** Given what the app tells before it answers. */
  readonly onEvent?: (event: unknown) => void;
}
