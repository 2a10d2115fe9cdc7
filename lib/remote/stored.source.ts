import { ConfigOptionsError } from '../errors/config.errors.js';
import { hasMember } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { checkKey } from '../stores/contract/check-key.js';
import type { ConfigStore } from '../stores/contract/config-store.interface.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import type { ReadRequest, Remote, RemoteAnswer, RemoteListener } from './contract/remote.interface.js';
import { REMOTE_SOURCE_CHECKS, type RemoteSourceOptions } from './remote-source-options.js';
import { RemoteSource } from './remote.source.js';

/**
 * Options of `stored()`.
 *
 * @publicApi
 */
export interface StoredOptions extends RemoteSourceOptions {}

/**
 * Reads configuration from one key of a store: a text in any format that the app can read. The extension of the key says
 * which: `app.yaml`. All sources of one store share its connection.
 *
 * @throws ConfigOptionsError if an option is unknown or invalid.
 *
 * @example
 * ```ts
 * const store = redisStore({ url: 'rediss://cache.example' });
 * const sources = [file('config/app.yaml'), stored(store, 'app.yaml', { seed: 'config/seed.yaml' })];
 * ```
 *
 * @publicApi
 */
export function stored(store: ConfigStore, key: string, options: StoredOptions = {}): ConfigSource {
  if (!hasMember(store, 'get', 'function'))
    throw new ConfigOptionsError(
      'The first argument of stored() must be a store, such as redisStore({ url })',
    );
  checkKey(key);
  checkOptions(options, '', 'stored()');
  return new RemoteSource(new StoredKey(store, key), options);
}

const checkOptions = strictObject<StoredOptions>(REMOTE_SOURCE_CHECKS);

/** One key of a store. */
class StoredKey implements Remote {
  readonly name: string;
  /** The value that was read last. */
  #value: string | undefined;

  constructor(
    private readonly store: ConfigStore,
    private readonly key: string,
  ) {
    this.name = `${store.name}/${key}`;
  }

  async read({ known, maxBytes, signal }: ReadRequest): Promise<RemoteAnswer> {
    const entry = await this.store.get(this.key);
    signal.throwIfAborted();
    if (entry === undefined) return 'absent';
    const { value, revision } = entry;
    // A restored backup may have used a revision again.
    if (revision === known && value === this.#value) return 'unchanged';
    this.#value = value;
    const bytes = Buffer.from(value);
    if (bytes.length > maxBytes)
      throw new Error(`is longer than ${maxBytes} bytes (limit maxFileSize); shorten it, or raise the limit`);
    return { bytes, revision };
  }

  watch(listener: RemoteListener): WatchHandle {
    return this.store.watch(this.key, {
      changed: (key) => {
        if (key === this.key) listener.changed();
      },
      lost: (error) => listener.lost(error),
      restored: () => listener.restored(),
    });
  }
}
