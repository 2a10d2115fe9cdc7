/**
 * The stages of a reload, in order.
 *
 * @publicApi
 */
export type ReloadStage = 'collect' | 'merge' | 'validate' | 'prepare' | 'commit' | 'notify';

/**
 * The trigger of a reload.
 *
 * @publicApi
 */
export type ReloadCause = 'boot' | 'file' | 'manual' | 'rollback' | 'override' | 'remote';
