import { copyData } from '../util/branches.js';
import { type HotConfigError, toHotConfigError } from '../model/hot-config.error.js';
import type { VersionRecord } from '../history/version-record.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Reloader } from './reloader.js';
import type { Draft } from './stages.js';

/**
 * The effects that a reload would have, as returned by `HotConfigManager.plan()`.
 *
 * @publicApi
 */
export interface ReloadPlan {
  /** The outcome of the reload, if no veto refused and every component could be built. */
  readonly outcome: 'applied' | 'unchanged' | 'rejected';
  /** The changes compared to the version in force. */
  readonly changes: readonly Change[];
  /** The `@BeforeConfigChange` methods that would be called, for example `LlmService.checkBudget`. */
  readonly vetoes: readonly string[];
  /** The handlers that would be called. */
  readonly handlers: readonly string[];
  /** The components that would be rebuilt, in that order. */
  readonly components: readonly string[];
  /** The paths whose new values would wait for a restart. */
  readonly restart: readonly string[];
  /** The errors (if `rejected`) or warnings. */
  readonly issues: readonly ConfigIssue[];
  /** The reason why it would be rejected. */
  readonly error?: HotConfigError;
}

/** Returns the labels of vetoes, handlers or components that changes concern. */
export type ConcernedBy = (changes: readonly Change[]) => string[];

/** Everything that a planner needs. */
export interface PlanningContext {
  readonly reloader: Reloader;
  readonly vetoes: ConcernedBy;
  readonly handlers: ConcernedBy;
  readonly components: ConcernedBy;
  readonly redact: (message: string) => string;
  readonly redactError: <E extends HotConfigError>(error: E) => E;
}

/** Predicts the effects of reloads. Applies nothing, and calls no veto or handler. */
export class ReloadPlanner {
  constructor(private readonly context: PlanningContext) {}

  /** Plans a reload of the current content of the sources, with `candidate` on top. */
  async plan(candidate?: object): Promise<ReloadPlan> {
    const { reloader, vetoes, handlers, components, redact } = this.context;
    try {
      const draft = await reloader.draft(copyData(candidate) as ConfigTree | undefined);
      const { changes, pendingRestart, warnings } = draft;
      return {
        outcome: changes.length > 0 ? 'applied' : 'unchanged',
        changes,
        vetoes: vetoes(changes),
        handlers: handlers(changes),
        components: components(changes),
        restart: pendingRestart,
        issues: warnings.map((issue) => ({ ...issue, message: redact(issue.message) })),
      };
    } catch (thrown) {
      const error = this.#errorOf(thrown);
      const nothing = { changes: [], vetoes: [], handlers: [], components: [], restart: [] };
      return { outcome: 'rejected', ...nothing, issues: error.issues, error };
    }
  }

  /**
   * Returns the value that the app would read, from the current content of the sources or from a kept version.
   *
   * @throws HotConfigError if it would be rejected
   */
  async draft(record?: VersionRecord): Promise<Draft> {
    const { reloader } = this.context;
    try {
      return await (record ? reloader.draftOf(record) : reloader.draft());
    } catch (thrown) {
      throw this.#errorOf(thrown);
    }
  }

  #errorOf(thrown: unknown): HotConfigError {
    return this.context.redactError(toHotConfigError(thrown));
  }
}
