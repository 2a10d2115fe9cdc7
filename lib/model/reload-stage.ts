/**
 * The steps of a reload, in their order.
 *
 * @publicApi
 */
export type ReloadStage = 'collect' | 'merge' | 'validate' | 'prepare' | 'commit' | 'notify';

/**
 * What set a reload off.
 *
 * @publicApi
 */
export type ReloadCause = 'boot' | 'file' | 'manual' | 'rollback' | 'override' | 'remote';
