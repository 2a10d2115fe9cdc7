import { ConfigOptionsError } from '../errors/config.errors.js';
import type { ReloadJob } from './reload-job.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { LastRead } from './layer-memory.js';
import type { History } from '../history/history.js';
import type { VersionRecord } from '../history/version-record.js';
import { writeBack } from './write-back.js';

/**
 * Which version to bring back: its number, or how many steps before the one in force. A version that was itself
 * brought back counts as the one it brought back, so that steps never lead to what was rolled back from.
 *
 * @publicApi
 */
export type RollbackTarget = number | { readonly version: number } | { readonly steps: number };

/**
 * How `HotConfigManager.rollback()` works.
 *
 * @publicApi
 */
export interface RollbackOptions {
  /** Why, for the log and the history. */
  readonly reason?: string;
  /** Who. */
  readonly actor?: string;
  /**
   * Whether the files that the version came from are written back too, each atomically; one that was changed since the
   * app last read it is left alone, and told of in the result's issues. Default false.
   */
  readonly write?: boolean;
}

/** What a rollback needs to know of the rest. */
export interface RollbackContext {
  readonly history: History;
  readonly reload: (order: ReloadJob) => Promise<ReloadResult>;
  /** What a source, by its name, said last, in force or not. */
  readonly lastRead: (source: string) => LastRead | undefined;
}

/** Brings earlier versions back. */
export class Rollbacks {
  constructor(private readonly context: RollbackContext) {}

  /** @throws ConfigOptionsError where the target is no version and no number of steps */
  async run(target: RollbackTarget, { reason, actor, write }: RollbackOptions): Promise<ReloadResult> {
    const find = this.#finder(target);
    let record: VersionRecord | undefined;
    const result = await this.context.reload({
      cause: 'rollback',
      ...(reason !== undefined && { reason }),
      ...(actor !== undefined && { actor }),
      input: { kind: 'version', find: async () => (record = await find()) },
    });
    if (!write || record === undefined || result.outcome === 'rejected') return result;
    const issues = await writeBack(record, this.context.lastRead);
    return { ...result, issues: [...result.issues, ...issues] };
  }

  #finder(target: RollbackTarget): () => Promise<VersionRecord> {
    const { history } = this.context;
    // It may come from a request, so nothing about it is taken for granted.
    const { version, steps } = Object(typeof target === 'number' ? { version: target } : target) as Wanted;
    if (steps !== undefined && version !== undefined)
      throw new ConfigOptionsError('rollback() takes the number of a version or { steps }, not both');
    if (isCount(steps)) return () => history.stepsBack(steps);
    if (isCount(version)) return () => history.version(version);
    throw new ConfigOptionsError('rollback() takes the number of a version, or { steps } from 1 on');
  }
}

/** A target, before it was looked at. */
interface Wanted {
  readonly version?: unknown;
  readonly steps?: unknown;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
