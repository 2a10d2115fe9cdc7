import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { Snapshot } from '../snapshot/snapshot.js';

/** The effect that a prepared reload would have, and the functions that commit and discard it. */
export interface PreparedReloadContext {
  readonly candidate: Snapshot;
  readonly changes: readonly Change[];
  readonly warnings: readonly ConfigIssue[];
  readonly commit: () => Promise<ReloadResult>;
  readonly discard: () => Promise<void>;
}

/**
 * A reload that has passed validation and every veto, and whose components are built, but which is not in force. It may
 * outlive its transaction: reloads run meanwhile, and several may be open. The code that has prepared it commits or
 * discards it.
 */
export class PreparedReload {
  #committing: Promise<ReloadResult> | undefined;
  #discarding: Promise<void> | undefined;

  constructor(private readonly context: PreparedReloadContext) {}

  /** The snapshot that comes into force with the commit, if nothing else is committed before. */
  get candidate(): Snapshot {
    return this.context.candidate;
  }

  /** The differences of the candidate from the snapshot in force. */
  get changes(): readonly Change[] {
    return this.context.changes;
  }

  get warnings(): readonly ConfigIssue[] {
    return this.context.warnings;
  }

  get isDiscarded(): boolean {
    return this.#discarding !== undefined;
  }

  /**
   * Makes the commit when no reload runs. If another commit is in force by then, be it for a comment, or if a veto or a
   * component was added, the whole reload runs again: its result is about what the sources contain then. Layers that were
   * given are refused then if their sources have other content in force. Never rejects; further calls return the same
   * result.
   */
  commit(): Promise<ReloadResult> {
    this.#committing ??= this.context.commit();
    return this.#committing;
  }

  /** Disposes of what was built, as soon as no work is pinned to the candidate. Does nothing after `commit()`. */
  async discard(): Promise<void> {
    if (this.#committing !== undefined) return;
    this.#discarding ??= this.context.discard();
    await this.#discarding;
  }
}
