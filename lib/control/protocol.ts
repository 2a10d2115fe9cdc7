/**
 * What the app and the `hot-config` command say to each other: one JSON value a line. The app speaks first.
 *
 * ```text
 * ← {"hello":{"protocol":1,"app":{"name":"gateway","pid":42,…},"proof":".who-5d3f…"}}
 * → {"id":1,"method":"reload","params":{"reason":"new model"}}
 * ← {"id":1,"result":{"outcome":"applied","version":3,…}}
 * ```
 */

/** Raised when an older client or app would misunderstand. New methods and new members do not raise it. */
export const PROTOCOL_VERSION = 1;

/** What one app puts up with. */
export const CHANNEL_LIMITS = {
  /** The length of a message of a client, in bytes. */
  messageBytes: 256 * 1024,
  /** The length of an answer, in bytes. */
  answerBytes: 32 * 1024 * 1024,
  /** How much of answers and events a client may leave unread, in bytes, beyond the answer that is being written. */
  unreadBytes: 4 * 1024 * 1024,
  /** Clients at a time. */
  clients: 32,
  /** Requests of one client that are being worked on at a time. */
  inFlight: 16,
  /** How long the first request, and the rest of a message that has begun, may take, in ms. */
  messageTimeout: 5_000,
  /** How long a client may say nothing while nothing of it is being worked on, in ms. */
  idleTimeout: 60_000,
} as const;

/** The limits of one channel; tests make them smaller. */
export type ChannelLimits = { readonly [Name in keyof typeof CHANNEL_LIMITS]: number };

/** Which app speaks. */
export interface AppIdentity {
  /** What the app is called; several may be called the same. */
  readonly name: string;
  /** Name and process, and, where one process has several apps of one name, a number: `gateway-42`, `gateway-42-2`. */
  readonly id: string;
  readonly pid: number;
  readonly cwd: string;
  /** When the process started, as ISO 8601. */
  readonly startedAt: string;
  readonly node: string;
  /** The version of nestjs-hot-config. */
  readonly version: string;
}

/** The first message of the app. */
export interface Hello {
  readonly protocol: number;
  readonly app: AppIdentity;
  /**
   * A file that a client makes beside the socket to show which user it is: its owner is the user. Node cannot ask a
   * socket for its peer.
   */
  readonly proof?: string;
}

/** What a client asks for. */
export interface ControlRequest {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Why a request, or a client, was refused. */
export interface ControlFailure {
  /** A stable name for programs, for example `BUSY`. */
  readonly code: string;
  readonly message: string;
}

/** Everything the app says. */
export type ServerMessage =
  | { readonly hello: Hello }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly error: ControlFailure }
  /** Not about one request: the client is sent away. */
  | { readonly error: ControlFailure }
  /** The app shuts down. */
  | { readonly bye: string };
