import { unlessAborted, withTimeout } from '../../util/timeouts.js';
import { ConfigStoreError } from '../contract/config-store.error.js';
import { PostgresConnection, type Row } from './postgres-connection.js';
import { toStoreError } from './postgres-error.js';
import type { PostgresSettings } from './postgres-options.js';

/** Maximum number of connections. Further calls wait. */
const MAX_CONNECTIONS = 4;

/** Time after which an idle connection is closed, in ms. */
const IDLE_TIME = 5_000;

/** Options of `PostgresConnections.ask()`. */
export interface AskOptions {
  /** Default: that of the store. */
  readonly timeout?: number;
  /** Called before the statement is sent: if it fails afterwards, it may have been done. */
  readonly sending?: () => void;
}

/** The connections of a store: opened when they are needed, closed when they are idle, and never used again after an error. */
export class PostgresConnections {
  readonly #idle = new Map<PostgresConnection, NodeJS.Timeout>();
  readonly #waiting = new Set<() => void>();
  #inUse = 0;
  #isClosed = false;

  constructor(private readonly settings: PostgresSettings) {}

  /**
   * Runs one statement. Each is a transaction of its own, and leaves nothing behind in its connection, as PgBouncer needs it.
   *
   * @throws ConfigStoreError
   */
  async ask(text: string, values: readonly unknown[], options: AskOptions = {}): Promise<readonly Row[]> {
    const { timeout = this.settings.timeout, sending = () => undefined } = options;
    let deadline: AbortSignal | undefined;
    try {
      return await withTimeout(timeout, async (signal) => {
        deadline = signal;
        await this.#enter(signal);
        try {
          return await this.#run(text, values, sending, signal);
        } finally {
          this.#leave();
        }
      });
    } catch (error) {
      if (!deadline?.aborted) throw toStoreError(error, this.settings);
      throw this.#error(`has not answered within ${timeout} ms`, 'timeout');
    }
  }

  /** Closes those that are idle. */
  rest(): void {
    for (const [connection, timer] of this.#idle) {
      clearTimeout(timer);
      connection.close();
    }
    this.#idle.clear();
  }

  close(): void {
    this.#isClosed = true;
    this.rest();
  }

  async #run(
    text: string,
    values: readonly unknown[],
    sending: () => void,
    signal: AbortSignal,
  ): Promise<readonly Row[]> {
    this.refuseIfClosed();
    const connection = this.#takeIdle() ?? (await PostgresConnection.open(this.settings, signal));
    try {
      sending();
      const rows = await connection.query(text, values, signal);
      this.#keep(connection);
      return rows;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  refuseIfClosed(): void {
    if (this.#isClosed) throw this.#error('was closed', 'closed');
  }

  #takeIdle(): PostgresConnection | undefined {
    for (const [connection, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(connection);
      if (!connection.isLost) return connection;
    }
    return undefined;
  }

  #keep(connection: PostgresConnection): void {
    if (this.#isClosed) return connection.close();
    const close = () => {
      this.#idle.delete(connection);
      connection.close();
    };
    this.#idle.set(connection, setTimeout(close, IDLE_TIME).unref());
  }

  async #enter(signal: AbortSignal): Promise<void> {
    while (this.#inUse >= MAX_CONNECTIONS) {
      let wake = () => {};
      const isFree = new Promise<void>((resolve) => (wake = resolve));
      this.#waiting.add(wake);
      await unlessAborted(signal, isFree).finally(() => this.#waiting.delete(wake));
    }
    this.#inUse += 1;
  }

  #leave(): void {
    this.#inUse -= 1;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    next();
  }

  #error(problem: string, failure: 'timeout' | 'closed'): ConfigStoreError {
    return new ConfigStoreError(`${this.settings.name} ${problem}`, failure);
  }
}
