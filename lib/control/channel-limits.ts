/** Limits of a control channel. A client that exceeds one receives an error or is disconnected. */
export const CHANNEL_LIMITS = {
  /** Maximum length of a request, in bytes. */
  messageBytes: 256 * 1024,
  /** Maximum length of a response, in bytes. */
  responseBytes: 32 * 1024 * 1024,
  /** Maximum size of responses and events that a client has not read, in bytes, besides the one that is being written. */
  unreadBytes: 4 * 1024 * 1024,
  /** Maximum number of clients with a request in progress, of each listener. */
  clients: 32,
  /** Maximum number of connections without a request in progress: the oldest is disconnected for the next one. */
  idleClients: 128,
  /** Maximum number of concurrent requests of one client. */
  inFlight: 16,
  /** Maximum number of `watch` requests in progress: some clients can always do something else. */
  watches: 16,
  /** Maximum number of values for secrets that clients may send within a minute. */
  secretsPerMinute: 10,
  /** Timeout for the first request, and for the rest of a request that has started to arrive, in ms. */
  messageTimeout: 5_000,
  /** Timeout after which a client without a request in progress, or that reads nothing, is disconnected, in ms. */
  idleTimeout: 60_000,
  /** Delay before the answer to a wrong token, in ms: it bounds how many can be tried, and a right one never waits. */
  wrongTokenDelay: 1_000,
} as const;

/** The limits of one channel; tests make them smaller. */
export type ChannelLimits = { readonly [Name in keyof typeof CHANNEL_LIMITS]: number };
