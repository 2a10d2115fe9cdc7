import { ConfigStoreError } from './config-store.error.js';

/**
 * Decodes the value of a key.
 *
 * @param store name of the store
 * @throws ConfigStoreError if it is not UTF-8: a wrong character must not become a part of the configuration
 */
export function decodeValue(bytes: Uint8Array, key: string, store: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ConfigStoreError(`${store} has a value for ${key} that is not UTF-8`, 'unusable');
  }
}
