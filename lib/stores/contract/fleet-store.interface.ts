import type { ConfigStore, StoreSession } from './config-store.interface.js';

/**
 * A store whose keys can end with the process that has written them.
 *
 * @publicApi
 */
export interface FleetStore extends ConfigStore {
  /**
   * Opens a session. Keys that are put with it are deleted when it is closed, or when this process has not been heard of for
   * `ttl`. The store renews it by itself.
   *
   * @param ttl in ms, at least 1000
   * @throws ConfigStoreError
   */
  session(ttl: number): Promise<StoreSession>;
}
