import type { Draft } from './stages.js';
import type { History } from '../history/history.js';
import type { DiffSecrets } from '../diff/difference.js';
import type { VersionDiff } from '../diff/version-diff.interface.js';
import { compareVersions, type ComparedVersion } from '../diff/version-diff.js';
import type { VersionRecord } from '../history/version-record.js';

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
  /** Returns the value that the app would read, from the current content of the sources or from a kept version. */
  readonly draft: (record?: VersionRecord) => Promise<Draft>;
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
    const { history, draft } = this.context;
    if (side === 'sources') return { label: 'the sources', tree: (await draft()).value };
    const record = await history.version(side);
    const tree = record.snapshot ? record.snapshot.value : (await draft(record)).value;
    return { label: `version ${side}`, tree };
  }
}
