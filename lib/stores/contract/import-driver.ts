import { importParser, MissingParserError } from '../../util/import-optional.js';
import { isInstance } from '../../util/is-instance.js';
import { ConfigStoreError } from './config-store.error.js';

/**
 * Imports the driver of a store, which is an optional peer dependency.
 *
 * @param store name of the store
 * @throws ConfigStoreError with the command to install it, if it is missing
 */
export async function importDriver<T>(store: string, name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await importParser(name, load);
  } catch (error) {
    if (!isInstance(error, MissingParserError)) throw error;
    throw new ConfigStoreError(`${store} ${error.message}`, 'unreachable');
  }
}
