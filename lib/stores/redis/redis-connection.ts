import { isIP } from 'node:net';
import type { Redis, RedisOptions } from 'ioredis';
import { readSecret } from '../../connection/secret-place.js';
import { readTlsFiles } from '../../connection/tls-options.js';
import { withTimeout } from '../../util/timeouts.js';
import { ConfigStoreError } from '../contract/config-store.error.js';
import { importDriver } from '../contract/import-driver.js';
import { IS_REPLICA } from '../contract/problems.js';
import { answerOf } from './redis-error.js';
import type { RedisSettings } from './redis-options.js';
import type { Script } from './scripts.js';

/** One connection to the server that accepts writes. It never connects again: a new one takes its place. */
export class RedisConnection {
  readonly #ended = new AbortController();

  private constructor(private readonly client: Redis) {
    client.once('end', () => this.#ended.abort());
  }

  /**
   * Opens a connection within the timeout, through a Sentinel if there are some. Credentials and certificates are read for
   * each one.
   *
   * @param closed ends the attempt
   */
  static open(settings: RedisSettings, closed?: AbortSignal): Promise<RedisConnection> {
    return within(settings, async (late) => {
      const [{ Redis }, options] = await Promise.all([
        importDriver(settings.name, 'ioredis', () => import('ioredis')),
        clientOptions(settings),
      ]);
      late.throwIfAborted();
      closed?.throwIfAborted();
      const connection = new RedisConnection(new Redis(options));
      const destroy = () => connection.destroy();
      const signals = [late, ...(closed ? [closed] : [])];
      for (const signal of signals) signal.addEventListener('abort', destroy, { once: true });
      try {
        await connection.#connect(settings.name);
        return connection;
      } finally {
        for (const signal of signals) signal.removeEventListener('abort', destroy);
      }
    });
  }

  async #connect(store: string): Promise<void> {
    let problem: unknown;
    // The reason why `connect()` rejects, which says only that the connection is closed.
    this.client.on('error', (error) => (problem ??= error));
    try {
      await this.client.connect();
      await refuseReplica(this.client, store);
    } catch (error) {
      this.destroy();
      throw problem ?? error;
    }
  }

  /** Aborted when the connection has ended. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  get isOpen(): boolean {
    return !this.ended.aborted && this.client.status === 'ready' && this.client.stream.writable;
  }

  /** Runs a script. Rejects with an error of Redis or of the connection. */
  async run(
    { source, sha1 }: Script,
    keys: readonly string[],
    args: readonly (string | Buffer)[],
  ): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    try {
      return await this.client.callBuffer('EVALSHA', sha1, ...rest);
    } catch (error) {
      // Redis forgets its scripts when it restarts. It has done nothing then.
      if (answerOf(error) !== 'NOSCRIPT') throw error;
      return this.client.callBuffer('EVAL', source, ...rest);
    }
  }

  /** Listens to a channel. The connection can do nothing else afterwards. */
  async subscribe(channel: string, heard: (message: Buffer) => void): Promise<void> {
    this.client.on('messageBuffer', (_channel: Buffer, message: Buffer) => heard(message));
    await this.client.subscribe(channel);
  }

  /** Rejects if the connection is dead. One that is silently dead never answers. */
  async ping(): Promise<void> {
    await this.client.ping();
  }

  /** Lets the process end although the connection is open, or not. */
  keepProcess(keeps: boolean): void {
    if (keeps) this.client.stream?.ref?.();
    else this.client.stream?.unref?.();
  }

  /** Ends the connection without waiting for the server. Calls in progress reject. */
  destroy(): void {
    this.#ended.abort();
    this.client.disconnect();
    this.client.stream?.destroy();
  }
}

/** Runs `work` with a deadline. It is told of its end, and may then still have an effect on the server. */
export async function within<T>(
  { name, timeout }: RedisSettings,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let isLate = false;
  try {
    return await withTimeout(timeout, (signal) => {
      signal.addEventListener('abort', () => (isLate = true), { once: true });
      return work(signal);
    });
  } catch (error) {
    if (!isLate) throw error;
    throw new ConfigStoreError(`${name} has not answered within ${timeout} ms`, 'timeout');
  }
}

async function clientOptions(settings: RedisSettings): Promise<RedisOptions> {
  const { place, username, password, sentinelPassword, database, timeout } = settings;
  const tls = settings.tls && (await readTlsFiles(settings.tls));
  return {
    ...('host' in place
      ? { ...place, ...(tls && { tls: { ...nameToProve(place.host), ...tls } }) }
      : undefined),
    ...('sentinels' in place && {
      // A Sentinel that is cut off with an old master must not be the first one each time.
      sentinels: place.sentinels.toSorted(() => Math.random() - 0.5),
      name: place.master,
      sentinelRetryStrategy: () => null,
      // The next one is asked within the time of the call.
      sentinelCommandTimeout: Math.ceil(timeout / (place.sentinels.length + 1)),
      ...(sentinelPassword && {
        sentinelPassword: await readSecret(sentinelPassword, 'sentinelPassword'),
      }),
      ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
    }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: await readSecret(password, 'password') }),
    db: database,
    // The deadline of the call is earlier.
    connectTimeout: 2 * timeout,
    lazyConnect: true,
    // Versions 5 and 6 speak the same protocol then.
    protocol: 2,
    // Nothing is queued, sent again or connected again: the store decides that.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // It sends INFO, which users may not be allowed to send.
    enableReadyCheck: false,
    disableClientInfo: true,
  };
}

function nameToProve(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

/** A replica answers reads with what it knows, which may be old. HELLO is allowed to each user, unlike ROLE and INFO. */
async function refuseReplica(client: Redis, store: string): Promise<void> {
  const answer = (await client.call('HELLO', '2', 'SETNAME', 'nestjs-hot-config')) as unknown[];
  if (answer[answer.indexOf('role') + 1] === 'master') return;
  throw new ConfigStoreError(`${store} ${IS_REPLICA}`, 'refused');
}
