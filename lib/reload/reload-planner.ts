import { AsyncLocalStorage } from 'node:async_hooks';
import { copyData } from '../util/branches.js';
import { type HotConfigError, toHotConfigError } from '../model/hot-config.error.js';
import type { VersionRecord } from '../history/version-record.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { StartRead } from '../model/start-read.interface.js';
import { redactError } from '../secrets/redact-error.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { allWarnings } from './commit.js';
import type { LayerCollector } from './layer-collector.js';
import type { RequestGuard } from './request-guard.js';
import type { Draft, Stages } from './stages.js';

/**
 * Options of `HotConfigManager.plan()`.
 *
 * @publicApi
 */
export interface PlanOptions {
  /** Plans `reload({ force: true })`, which applies content even if it was rolled back from. Default false. */
  readonly force?: boolean;
}

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
  /** The values that would change, and that were read at the start by code that may still use the old ones. */
  readonly readAtStart: readonly StartRead[];
  /** The sources whose content stays out of force, because it was rolled back from. `force` plans to apply it. */
  readonly rolledBack: readonly string[];
  /** The errors (if `rejected`) or warnings. */
  readonly issues: readonly ConfigIssue[];
  /** The reason why it would be rejected. */
  readonly error?: HotConfigError;
}

/** Everything that a planner needs. */
export interface ReloadPlannerContext {
  readonly collector: LayerCollector;
  readonly stages: Stages;
  readonly vetoes: ConcernedBy;
  readonly refreshables: ConcernedBy;
  /** Calls the handlers. */
  readonly dispatcher: ConcernedBy;
  /** Finds the reads at start that keep an old value if a value comes into force. */
  readonly staleReads: { keptWith(value: unknown, rebuilt: readonly string[]): readonly StartRead[] };
  /** Refuses plans that would wait for themselves. */
  readonly guard: RequestGuard;
  readonly secrets: SecretPolicy;
}

/** Returns the labels of what changes concern. */
interface ConcernedBy {
  concernedBy(changes: readonly Change[]): string[];
}

/** What a rejected reload changes. */
const NOTHING = {
  changes: [],
  vetoes: [],
  handlers: [],
  components: [],
  restart: [],
  readAtStart: [],
  rolledBack: [],
} as const satisfies Partial<ReloadPlan>;

/** Predicts the effects of reloads. Applies nothing, and calls no veto or handler. */
export class ReloadPlanner {
  /** Reads the sources outside of the request that asks for a plan. */
  readonly #detached = AsyncLocalStorage.snapshot();

  constructor(private readonly context: ReloadPlannerContext) {}

  /** Plans a reload of the current content of the sources, with `candidate` on top. */
  async plan(candidate?: object, { force = false }: PlanOptions = {}): Promise<ReloadPlan> {
    const { vetoes, dispatcher, refreshables, staleReads, secrets } = this.context;
    try {
      this.#refuseSelfWait('plan()');
      const tree = copyData(candidate) as ConfigTree | undefined;
      const draft = await this.#detached(() => this.#draft({ force }, tree));
      const { value, changes, pendingRestart, drift } = draft;
      const components = refreshables.concernedBy(changes);
      return {
        outcome: changes.length > 0 ? 'applied' : 'unchanged',
        changes,
        vetoes: vetoes.concernedBy(changes),
        handlers: dispatcher.concernedBy(changes),
        components,
        restart: pendingRestart,
        readAtStart: staleReads.keptWith(value, components),
        rolledBack: drift.sources,
        issues: allWarnings(draft).map((issue) => ({ ...issue, message: secrets.redactText(issue.message) })),
      };
    } catch (thrown) {
      const error = this.#errorOf(thrown);
      return { outcome: 'rejected', ...NOTHING, issues: error.issues, error };
    }
  }

  /**
   * Returns the value that the app would read, from the current content of the sources or from a kept version. Content
   * that was rolled back from is included.
   *
   * @throws HotConfigError if it would be rejected
   */
  async draft(record?: VersionRecord): Promise<Draft> {
    const { collector, stages } = this.context;
    this.#refuseSelfWait('diff()');
    try {
      return await (record ? stages.draft(collector.draftOf(record)) : this.#draft({ force: true }));
    } catch (thrown) {
      throw this.#errorOf(thrown);
    }
  }

  async #draft(options: PlanOptions, candidate?: ConfigTree): Promise<Draft> {
    const { collector, stages } = this.context;
    return stages.draft(await collector.draft(options), candidate);
  }

  /** @throws HotConfigError in code that plans call: a load, a schema, a validator */
  #refuseSelfWait(request: string): void {
    const error = this.context.guard.selfWait(request, 'plan');
    if (error !== undefined) throw error;
  }

  #errorOf(thrown: unknown): HotConfigError {
    return redactError(toHotConfigError(thrown), (text) => this.context.secrets.redactText(text));
  }
}
