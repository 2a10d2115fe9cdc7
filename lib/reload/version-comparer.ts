import type { ReloadPlanner } from './reload-planner.js';
import type { History } from '../history/history.js';
import type { DiffSecrets } from '../diff/difference.js';
import type { VersionDiff } from '../diff/version-diff.interface.js';
import { compareVersions, type ComparedVersion } from '../diff/version-diff.js';

/**
 * One side of `HotConfigManager.diff()`: the number of a kept version, or the current content of the sources.
 *
 * @publicApi
 */
export type DiffSide = number | 'sources';

/** Everything that comparisons need. */
export interface VersionComparerContext {
  readonly history: History;
  readonly secrets: DiffSecrets;
  readonly planner: ReloadPlanner;
}

/** Compares versions with each other and with the content of the sources. */
export class VersionComparer {
  constructor(private readonly context: VersionComparerContext) {}

  /**
   * @throws ConfigRollbackError if a version is not kept
   * @throws HotConfigError if the content of the sources could not be applied
   */
  async run(from: DiffSide | undefined, to: DiffSide | undefined): Promise<VersionDiff> {
    const { history, secrets } = this.context;
    const newest = history.records.at(-1)!; // a running app has a version
    const before = history.records.at(-2) ?? newest;
    const sides = [await this.#side(from ?? before.version), await this.#side(to ?? newest.version)] as const;
    return compareVersions(...sides, secrets);
  }

  async #side(side: DiffSide): Promise<ComparedVersion> {
    const { history, planner } = this.context;
    if (side === 'sources') return { label: 'the sources', tree: (await planner.draft()).value };
    const record = await history.version(side);
    const tree = record.snapshot ? record.snapshot.value : (await planner.draft(record)).value;
    return { label: `version ${side}`, tree };
  }
}
