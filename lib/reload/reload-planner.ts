import { asHotConfigError } from '../errors/as-hot-config-error.js';
import type { HotConfigError } from '../model/hot-config.error.js';
import type { VersionRecord } from '../history/version-record.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import { copyOf } from '../util/copy.js';
import type { Reloader } from './reloader.js';
import type { ReloadPlan } from './reload-plan.interface.js';
import type { Draft } from './stages.js';

/** Whom a plan names: the labels of those whom changes concern. */
export type Concerned = (changes: readonly Change[]) => string[];

/** What planning needs of the rest. */
export interface PlanningContext {
  readonly reloader: Reloader;
  readonly vetoes: Concerned;
  readonly handlers: Concerned;
  readonly components: Concerned;
  readonly hide: (text: string) => string;
  readonly withoutSecrets: <E extends HotConfigError>(error: E) => E;
}

/** Tells what reloads would do. Nothing is done. */
export class ReloadPlanner {
  constructor(private readonly context: PlanningContext) {}

  /** What a reload would do now, with `candidate` on top of what the sources say. */
  async plan(candidate?: object): Promise<ReloadPlan> {
    const { reloader, vetoes, handlers, components, hide } = this.context;
    try {
      const {
        changes,
        pendingRestart: held,
        warnings,
      } = await reloader.draft(copyOf(candidate) as ConfigTree | undefined);
      return {
        outcome: changes.length > 0 ? 'applied' : 'unchanged',
        changes,
        vetoes: vetoes(changes),
        handlers: handlers(changes),
        components: components(changes),
        restart: held,
        issues: warnings.map((issue) => ({ ...issue, message: hide(issue.message) })),
      };
    } catch (thrown) {
      const error = this.#errorOf(thrown);
      const nothing = { changes: [], vetoes: [], handlers: [], components: [], restart: [] };
      return { outcome: 'rejected', ...nothing, issues: error.issues, error };
    }
  }

  /**
   * What the sources say now, or said in a version, as the app would read it.
   *
   * @throws HotConfigError where it would be rejected
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
    return this.context.withoutSecrets(asHotConfigError(thrown));
  }
}
