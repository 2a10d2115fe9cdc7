import type { WatchHandle } from '../../watch/file-watch.interface.js';
import type { ConfigStoreError } from './config-store.error.js';

/**
 * A place outside of the process that keeps texts by their keys: etcd, Redis, PostgreSQL, or your own. `stored()` makes a
 * source of one key. `storeChecks()` of `nestjs-hot-config/testing` checks that a store keeps these promises.
 *
 * Each method has a deadline of its own. It rejects with a `ConfigStoreError` if the store has not done it, and with a
 * `ConfigOptionsError` if an argument is not valid; nothing is retried inside. Keys are relative to the prefix of the store:
 * 1 to 512 bytes without control characters. A value is a text without NUL.
 *
 * @publicApi
 */
export interface ConfigStore {
  /** Name in errors, logs and the status, without credentials: `redis cache.example:6379`. */
  readonly name: string;

  /**
   * Reads a key from the server that accepts writes, so that it is not older than what was read or written before. Resolves
   * to `undefined` if the key does not exist.
   *
   * @throws ConfigStoreError
   */
  get(key: string): Promise<StoreEntry | undefined>;

  /**
   * Reads the keys that start with `prefix`, in the order of their characters.
   *
   * @throws ConfigStoreError
   */
  list(prefix: string, options?: ListOptions): Promise<StorePage>;

  /**
   * Writes a key; with `undefined`, deletes it, which is `done` if it does not exist. It is written as a whole or not at all.
   *
   * @throws ConfigStoreError if it is certain that nothing was written: the request was not sent, or the server has refused it
   */
  put(key: string, value: string | undefined, options?: PutOptions): Promise<PutResult>;

  /**
   * Tells a listener that keys which start with `prefix` may have changed. Returns at once, and connects again by itself after
   * an error. All watches of a store share one connection. Its messages are hints: any of them may be lost, doubled or late,
   * so a listener asks the store from time to time too. With the last watch, the connection ends: an app closes its watches,
   * not the store. Throws after `close()`.
   */
  watch(prefix: string, listener: StoreListener): WatchHandle;

  /** Closes all connections. Calls afterwards reject; calls in progress may. */
  close(): Promise<void>;
}

/**
 * What a store has for a key.
 *
 * @publicApi
 */
export interface StoreEntry {
  readonly key: string;
  readonly value: string;
  /**
   * Identifies this content of the key. Compare it for equality only. Another value has another revision; the same value,
   * written again, may keep it.
   */
  readonly revision: string;
}

/**
 * Options of `ConfigStore.list()`.
 *
 * @publicApi
 */
export interface ListOptions {
  /** The last key that is not wanted any more, to continue after it. Default: from the first one. */
  readonly after?: string;
  /** Maximum number of entries. Default 500. */
  readonly limit?: number;
}

/**
 * A part of the keys of a store.
 *
 * @publicApi
 */
export interface StorePage {
  readonly entries: readonly StoreEntry[];
  /** `true` if there may be keys after these. */
  readonly more: boolean;
}

/**
 * Options of `ConfigStore.put()`.
 *
 * @publicApi
 */
export interface PutOptions {
  /** Writes only if the key has this revision, or does not exist. Default: writes always. */
  readonly if?: { readonly revision: string } | 'absent';
  /** Deletes the key when this session ends. Only in a `FleetStore`. */
  readonly session?: StoreSession;
}

/**
 * Outcome of `ConfigStore.put()`. `conflict`: the condition `if` was not true, and nothing was written. `unknown`: the
 * connection was lost, or no answer came in time, after the store was asked; read the key to find out.
 *
 * @publicApi
 */
export type PutResult =
  | {
      readonly outcome: 'done';
      /** The revision that was written; absent if the key was deleted. */
      readonly revision?: string;
    }
  | { readonly outcome: 'conflict' }
  | {
      readonly outcome: 'unknown';
      /** Reason in one sentence. */
      readonly reason: string;
    };

/**
 * Is told about the keys of a store. Its methods must not throw: an error is ignored.
 *
 * @publicApi
 */
export interface StoreListener {
  /** A key may have changed, or was deleted. `entry` is its content at that moment, if the message had it. */
  changed(key: string, entry?: StoreEntry): void;
  /**
   * Messages may be missed from now on: also if the first connection fails, and for a watch that begins meanwhile. Called once
   * until `restored()`.
   */
  lost(error: ConfigStoreError): void;
  /** Messages arrive again after `lost()`; those in between were missed. */
  restored(): void;
}

/**
 * A session of a `FleetStore`.
 *
 * @publicApi
 */
export interface StoreSession {
  readonly id: string;
  /** Aborted when the session has ended: it was closed, or the store has not heard of it in time. The reason says which. */
  readonly ended: AbortSignal;
  /** Ends the session, and deletes its keys. Never rejects: without a connection, they are deleted after the ttl. */
  close(): Promise<void>;
}
