/**
 * The stages of a reload, in order. A later release may have more of them.
 *
 * @publicApi
 */
export type ReloadStage = 'collect' | 'merge' | 'validate' | 'prepare' | 'commit' | 'notify';

/**
 * The trigger of a reload. A later release may have more of them.
 *
 * @publicApi
 */
export type ReloadCause = 'boot' | 'file' | 'manual' | 'rollback' | 'override' | 'remote';
