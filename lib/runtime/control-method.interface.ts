import type { Redacted } from '../secrets/redacted.js';

/** The call of a method of the control channel. */
export interface ControlCall {
  readonly params: Readonly<Record<string, unknown>>;
  /** The client, as the history names it. */
  readonly actor: string;
  /** Why the client calls, if it said so. */
  readonly reason?: string;
  /** Aborted when the client has disconnected. */
  readonly signal: AbortSignal;
  /** Sends an event before the answer. */
  readonly emit: (event: Redacted<unknown>) => void;
}

/** A method that a part outside of the core adds to the control channel, as `fleet.status`. */
export interface ControlMethod {
  /** `true` if it changes something: its calls are logged, with the client and the reason. */
  readonly changes: boolean;
  /** Returns the answer, as JSON without secrets. */
  call(call: ControlCall): Redacted<unknown> | Promise<Redacted<unknown>>;
}
