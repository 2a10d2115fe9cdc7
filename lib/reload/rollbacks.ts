import type { Reload } from './reload-job.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { LayerCollector } from './layer-collector.js';
import type { History } from '../history/history.js';
import type { VersionRecord } from '../history/version-record.js';
import { resolveRollbackTarget, type RollbackTarget } from './rollback-target.js';
import { writeBack } from './write-back.js';

/**
 * Options of `HotConfigManager.rollback()`.
 *
 * @publicApi
 */
export interface RollbackOptions {
  /** Reason, shown in the log and the history. */
  readonly reason?: string;
  /** Person or program that rolls back, shown in the same places. */
  readonly actor?: string;
  /**
   * `true` writes the files of the version back too, each one atomically. A file that has changed since the app last
   * read it is not written; the issues of the result name it. Default false.
   */
  readonly write?: boolean;
}

/** Everything that rollbacks need. */
export interface RollbackContext {
  readonly history: History;
  readonly reload: Reload;
  readonly collector: LayerCollector;
}

/** Restores earlier versions. */
export class Rollbacks {
  constructor(private readonly context: RollbackContext) {}

  /** @throws ConfigOptionsError if the target is neither a version nor a number of steps */
  async run(target: RollbackTarget, { reason, actor, write }: RollbackOptions): Promise<ReloadResult> {
    const find = resolveRollbackTarget(target, this.context.history);
    let record: VersionRecord | undefined;
    const result = await this.context.reload({
      cause: 'rollback',
      ...(reason !== undefined && { reason }),
      ...(actor !== undefined && { actor }),
      input: { kind: 'version', find: async () => (record = await find()) },
    });
    if (!write || record === undefined || result.outcome === 'rejected') return result;
    const issues = await writeBack(record, (source) => this.context.collector.lastRead(source));
    return { ...result, issues: [...result.issues, ...issues] };
  }
}
