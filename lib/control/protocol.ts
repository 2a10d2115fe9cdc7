/**
 * The messages between the app and the `hot-config` command: one JSON value per line. The app sends the first.
 *
 * ```text
 * ← {"hello":{"protocol":1,"app":{"name":"gateway","pid":42,…}}}
 * → {"id":1,"method":"reload","params":{"reason":"new model"}}
 * ← {"id":1,"result":{"outcome":"applied","version":3,…}}
 * ```
 */

/**
 * Increased when an older client or app would misunderstand a message. These do not increase it: a new method, a new member of
 * a message of the app, a new value of a union such as `outcome`, a new kind of event, and a new parameter. A client ignores
 * the members and events that it does not know. An app refuses a method or a parameter that it does not know, because a
 * request without it would mean something else.
 */
export const PROTOCOL_VERSION = 1;

/** The methods that change nothing. */
export const READING_METHODS = [
  'hello',
  'status',
  'get',
  'explain',
  'plan',
  'history',
  'diff',
  'schema',
  'watch',
] as const;

export type ReadingMethod = (typeof READING_METHODS)[number];

/** The methods that may change something: the app logs each call. */
export const CHANGING_METHODS = ['reload', 'rollback', 'set', 'unset', 'enable', 'disable'] as const;

export type ChangingMethod = (typeof CHANGING_METHODS)[number];

/** The codes of the errors of the channel itself. An error of the app has the code of its `HotConfigError`. */
export const CONTROL_ERROR_CODES = [
  'ANSWER_TOO_LARGE',
  'BAD_PARAMS',
  'BUSY',
  'FAILED',
  'MALFORMED',
  'METHOD_NOT_ALLOWED',
  'NOT_FOUND',
  'NO_SCHEMA',
  'NO_VALUE',
  'RATE_LIMITED',
  'TOO_LARGE',
  'TOO_MANY_CLIENTS',
  'UNAUTHORIZED',
  'UNKNOWN_METHOD',
  'UNKNOWN_PARAM',
] as const;

export type ControlErrorCode = (typeof CONTROL_ERROR_CODES)[number];

/** Identifies the app at the other end of a connection. */
export interface AppIdentity {
  /** Name of the app; several apps may have the same. */
  readonly name: string;
  /** Name and process id, and a number if one process has several apps of that name: `gateway-42`, `gateway-42-2`. */
  readonly id: string;
  readonly pid: number;
  readonly cwd: string;
  /** Folder of its package; absent if it has none, or comes from an older version. */
  readonly folder?: string;
  /** Name of its machine or container; absent in an older version. */
  readonly host?: string;
  /** Start time of the process, as ISO 8601. */
  readonly startedAt: string;
  readonly node: string;
  /** Version of nestjs-hot-config. */
  readonly version: string;
}

/** The first message of the app. */
export interface Hello {
  readonly protocol: number;
  readonly app: AppIdentity;
}

/** A request of a client. */
export interface ControlRequest {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Describes why a request or a client was refused, or why a request failed. */
export interface ControlFailure {
  /** A stable name for programs, for example `BUSY`. */
  readonly code: string;
  readonly message: string;
}

/** A message of the app. */
export type ServerMessage =
  | { readonly hello: Hello }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly event: unknown }
  | { readonly id: number; readonly error: ControlFailure }
  /** Not about one request: the client is disconnected. */
  | { readonly error: ControlFailure }
  /** The app shuts down. */
  | { readonly bye: string };

/** The shape of a type after a round trip through JSON. */
export type AsJson<T> = T extends Date
  ? string
  : T extends readonly (infer Member)[]
    ? AsJson<Member>[]
    : T extends object
      ? { readonly [Key in keyof T]: AsJson<T[Key]> }
      : T;
