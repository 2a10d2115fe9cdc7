import { startTimeout } from '../../util/timeouts.js';
import { RedisConnection, within } from './redis-connection.js';
import { answerOf, toStoreError } from './redis-error.js';
import type { RedisSettings } from './redis-options.js';
import type { Script } from './scripts.js';

/** Time after the last call in which the connection is kept, in ms. */
const IDLE = 5_000;

/** Options of `RedisCalls.run()`. */
export interface RunOptions {
  /** Maximum time, in ms, if it is shorter than that of the store. */
  readonly timeout?: number;
  /** Called before the script is sent: if it fails afterwards, it may have been done. */
  readonly sending?: () => void;
}

/** The calls of a store, which share a connection that is opened when it is needed. */
export class RedisCalls {
  #opening: Promise<RedisConnection> | undefined;
  #connection: RedisConnection | undefined;
  readonly #closed = new AbortController();
  #inProgress = 0;
  #stopIdle: (() => void) | undefined;

  constructor(private readonly settings: RedisSettings) {}

  /**
   * Runs a script within the timeout.
   *
   * @throws ConfigStoreError
   */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | Buffer)[],
    options: RunOptions = {},
  ): Promise<unknown> {
    let connection: RedisConnection | undefined;
    this.#stopIdle?.();
    this.#inProgress += 1;
    try {
      const timeout = Math.min(options.timeout ?? Infinity, this.settings.timeout);
      return await within({ ...this.settings, timeout }, async (signal) => {
        connection = await this.#open();
        signal.throwIfAborted();
        options.sending?.();
        return connection.run(script, keys, args);
      });
    } catch (error) {
      const failure = toStoreError(error, this.settings.name);
      // A master that does not answer, or is a replica now, was perhaps replaced. Calls behind this one get no answer either.
      const isReplaced = answerOf(error) === 'READONLY';
      if (failure.failure === 'timeout' || isReplaced) connection?.destroy();
      throw failure;
    } finally {
      this.#inProgress -= 1;
      if (this.#inProgress === 0) this.#waitIdle();
    }
  }

  /** Closes the connection if it is not in use. */
  closeIfIdle(): void {
    if (this.#inProgress === 0) this.close();
  }

  /** Closes the connection. Calls in progress reject. */
  close(): void {
    this.#stopIdle?.();
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  /** Closes for ever. */
  end(): void {
    this.#closed.abort();
    this.close();
  }

  async #open(): Promise<RedisConnection> {
    if (!this.#connection?.isOpen) {
      this.#opening ??= this.#connect().finally(() => (this.#opening = undefined));
      return this.#opening;
    }
    this.#connection.keepProcess(true);
    return this.#connection;
  }

  async #connect(): Promise<RedisConnection> {
    const connection = await RedisConnection.open(this.settings, this.#closed.signal);
    this.#connection = connection;
    // Nobody waits for it any more.
    if (this.#inProgress === 0) this.close();
    return connection;
  }

  #waitIdle(): void {
    this.#connection?.keepProcess(false);
    this.#stopIdle = startTimeout(IDLE, () => this.close(), false);
  }
}
