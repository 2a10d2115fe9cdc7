import type { Draft } from './stages.js';
import type { History } from '../history/history.js';
import type { DiffSecrets } from '../diff/difference.js';
import type { VersionDiff } from '../diff/version-diff.interface.js';
import { compareVersions, type ComparedVersion } from '../diff/version-diff.js';
import type { VersionRecord } from '../history/version-record.js';

/**
 * One side of `HotConfigManager.diff()`: the number of a version that is kept, or what the sources say now.
 *
 * @publicApi
 */
export type DiffSide = number | 'sources';

/** What comparisons need to know of the rest. */
export interface VersionComparerContext {
  readonly history: History;
  readonly secrets: DiffSecrets;
  /** What the sources say now, or said in a version, as the app would read it. */
  readonly draft: (record?: VersionRecord) => Promise<Draft>;
}

/** Compares versions with each other and with what the sources say. */
export class VersionComparer {
  constructor(private readonly context: VersionComparerContext) {}

  /**
   * @throws ConfigRollbackError where a version is not kept
   * @throws HotConfigError where the sources say nothing that could be applied
   */
  async run(from: DiffSide | undefined, to: DiffSide | undefined): Promise<VersionDiff> {
    const { history, secrets } = this.context;
    const newest = history.records.at(-1)!; // an app that runs has a version
    const before = history.records.at(-2) ?? newest;
    const sides = [await this.#side(from ?? before.version), await this.#side(to ?? newest.version)] as const;
    return compareVersions(...sides, secrets);
  }

  async #side(side: DiffSide): Promise<ComparedVersion> {
    const { history, draft } = this.context;
    if (side === 'sources') return { label: 'the sources', tree: (await draft()).value };
    const record = await history.version(side);
    const tree = record.snapshot ? record.snapshot.value : (await draft(record)).value;
    return { label: `version ${side}`, tree };
  }
}
