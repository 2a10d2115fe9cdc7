import { isUtf8 } from 'node:buffer';
import { LONGEST_PAUSE, nextLook, pause, pauseAfter } from '../../connection/pauses.js';
import { ConfigStoreError } from '../contract/config-store.error.js';
import type { StoreWatches } from '../contract/store-watches.js';
import { RedisConnection, within } from './redis-connection.js';
import { toStoreError } from './redis-error.js';
import type { RedisSettings } from './redis-options.js';

/** The connection that listens to the messages of a store, as long as it has watches. */
export class RedisMessages {
  #stop: (() => void) | undefined;

  constructor(
    private readonly settings: RedisSettings,
    private readonly channel: string,
    private readonly watches: StoreWatches,
  ) {}

  open(): void {
    const closed = new AbortController();
    this.#stop = () => closed.abort();
    void this.#listen(closed.signal);
  }

  close(): void {
    this.#stop?.();
  }

  async #listen(closed: AbortSignal): Promise<void> {
    for (let failures = 0; !closed.aborted;) {
      try {
        const connection = await RedisConnection.open(this.settings, closed);
        await whileOpen(closed, connection, async () => {
          await this.#subscribe(connection, closed);
          failures = 0;
          await this.#waitForEnd(connection);
        });
      } catch (error) {
        if (closed.aborted) return;
        this.watches.lost(toStoreError(error, this.settings.name));
        failures += 1;
        await pause(pauseAfter(failures, LONGEST_PAUSE), closed);
      }
    }
  }

  async #subscribe(connection: RedisConnection, closed: AbortSignal): Promise<void> {
    const heard = (message: Buffer) => {
      if (!closed.aborted) this.#heard(message);
    };
    await within(this.settings, () => connection.subscribe(this.channel, heard));
    connection.keepProcess(false);
    if (!closed.aborted) this.watches.restored();
  }

  /** Rejects when the connection has ended, also without a sign, because its server is frozen for example. */
  async #waitForEnd(connection: RedisConnection): Promise<never> {
    const interval = 2 * this.settings.timeout;
    for (;;) {
      await pause(nextLook(interval), connection.ended);
      if (connection.ended.aborted) break;
      await within(this.settings, () => connection.ping());
    }
    throw new ConfigStoreError(`${this.settings.name} has closed the connection`, 'unreachable');
  }

  /** A message is a key; with a short value, also its revision and the value, each on a line of its own. */
  #heard(message: Buffer): void {
    const keyEnd = message.indexOf('\n');
    const revisionEnd = message.indexOf('\n', keyEnd + 1);
    if (keyEnd === -1) return this.watches.changed(message.toString());
    const key = message.toString('utf8', 0, keyEnd);
    const value = message.subarray(revisionEnd + 1);
    // `get()` reports a value that is not UTF-8.
    if (revisionEnd === -1 || !isUtf8(value)) return this.watches.changed(key);
    const revision = message.toString('utf8', keyEnd + 1, revisionEnd);
    this.watches.changed(key, { key, revision, value: value.toString() });
  }
}

/** Runs `work`, and destroys the connection after it, or as soon as nobody needs it any more. */
async function whileOpen(closed: AbortSignal, connection: RedisConnection, work: () => Promise<void>) {
  const destroy = () => connection.destroy();
  closed.addEventListener('abort', destroy, { once: true });
  try {
    if (!closed.aborted) await work();
  } finally {
    closed.removeEventListener('abort', destroy);
    destroy();
  }
}
