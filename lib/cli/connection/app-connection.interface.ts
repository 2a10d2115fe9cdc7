import type { AppIdentity } from '../../control/protocol.js';

/** A connection to one app. */
export interface AppConnection {
  readonly app: AppIdentity;

  /** Calls a method of the app. Rejects with a `CliError` if the app refuses, fails or disconnects. */
  call(call: Call): Promise<unknown>;

  close(): void;
}

/** A call of a method of the app. */
export interface Call {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** `true` for a call that changes something: the caller identifies itself first, for the log of the app. */
  readonly changes?: boolean;
  /** Timeout for the response, in ms; Infinity for none. */
  readonly timeout: number;
  /** Called with each event that the app sends before the response. */
  readonly onEvent?: (event: unknown) => void;
}
