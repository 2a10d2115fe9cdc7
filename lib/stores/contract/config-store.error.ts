import { HotConfigError } from '../../model/hot-config.error.js';

/**
 * Why a store could not do what it was asked for. `unreachable`: no connection. `timeout`: no answer in time. `denied`: it
 * does not accept the credentials, or they do not allow it. `full`: it has no space. `refused`: it could do it, and does not,
 * for example as a replica. `unusable`: the value of the key is too long, or is not UTF-8. `closed`: `close()` was called.
 *
 * @publicApi
 */
export type ConfigStoreFailure =
  'unreachable' | 'timeout' | 'denied' | 'full' | 'refused' | 'unusable' | 'closed';

/**
 * A store could not do what it was asked for, and has changed nothing.
 *
 * @publicApi
 */
export class ConfigStoreError extends HotConfigError {
  /**
   * @param summary one sentence that starts with the name of the store, without a value or a credential
   * @param failure why
   */
  constructor(
    summary: string,
    readonly failure: ConfigStoreFailure,
    options?: ErrorOptions,
  ) {
    super(summary, 'CONFIG_STORE', undefined, [], options);
  }
}
