import type { Snapshot } from '../snapshot/snapshot.js';
import { ConfigRollbackError } from '../errors/config.errors.js';
import type { ConfigVersion } from './config-version.interface.js';
import { recordVersion, type CommitToRecord } from './record-version.js';
import type { VersionRecord } from './version-record.js';

/**
 * Values of all kept versions together, without those that two versions share: some 150 bytes each, so that they fit into
 * the heap of a small container beside a reload.
 */
const MAX_VALUES = 250_000;

/** Kept whatever their size: the version in force, and the one before it, for a rollback. */
const ALWAYS_KEPT = 2;

/**
 * The versions that are or were in force: the newest `max`, fewer if they have too many values, and those that are pinned
 * or held.
 */
export class History {
  readonly #records: VersionRecord[] = [];
  readonly #holds = new Set<{ readonly version: number }>();

  constructor(
    private readonly max: number,
    private readonly isPinned: (version: number) => boolean,
  ) {}

  /** The kept versions, oldest first. The last one is in force. */
  get records(): readonly VersionRecord[] {
    return this.#records;
  }

  /** The number of the version in force, or 0 before the first one. */
  get lastVersion(): number {
    return this.#records.at(-1)?.version ?? 0;
  }

  /** Returns a snapshot by its version or its hash; the newest one if several have the same hash. */
  find(id: number | string): Snapshot | undefined {
    return this.#records.findLast(
      ({ version, hash, snapshot }) => snapshot !== undefined && (version === id || hash === id),
    )?.snapshot;
  }

  /**
   * Returns the record of a version.
   *
   * @throws ConfigRollbackError if it is not kept
   */
  async version(version: number): Promise<VersionRecord> {
    const record = this.#records.find((candidate) => candidate.version === version);
    if (record === undefined)
      throw new ConfigRollbackError(`version ${version} is not kept; ${this.describeKept()}`);
    return record.loadContent?.() ?? record;
  }

  /** Records a commit. */
  add(commit: CommitToRecord): VersionRecord {
    const record = recordVersion(commit, this.#records.at(-1));
    this.#records.push(record);
    this.prune();
    return record;
  }

  /** Adds the versions of earlier processes, oldest first, before those of this one. */
  load(records: readonly VersionRecord[]): void {
    this.#records.unshift(...records);
    this.prune();
  }

  /** Marks a recorded version as having the same content as the earlier version `restored`. */
  markRestored(version: number, restored: number): void {
    const index = this.#records.findIndex((record) => record.version === version);
    const record = this.#records[index];
    if (record !== undefined) this.#records[index] = { restored, ...record };
  }

  /**
   * Keeps a version in addition, because it may have to be restored, and returns a function that releases it. A version
   * that is held several times is kept until the last release.
   */
  hold(version: number): () => void {
    const hold = { version };
    this.#holds.add(hold);
    return () => {
      if (this.#holds.delete(hold)) this.prune();
    };
  }

  /** Removes the oldest versions that exceed the limits. Must be called again when pins have ended. */
  prune(): void {
    const kept = this.#keptVersions();
    for (let index = 0; index < this.#records.length - kept;) {
      const { version } = this.#records[index]!;
      if (this.isPinned(version) || this.#isHeld(version)) index += 1;
      else this.#records.splice(index, 1);
    }
  }

  /** Describes the kept versions, without the values of their configuration. */
  list(): ConfigVersion[] {
    return this.#records.map((record, index) => ({
      version: record.version,
      hash: record.hash,
      time: record.time,
      cause: record.cause,
      ...(record.reason !== undefined && { reason: record.reason }),
      ...(record.actor !== undefined && { actor: record.actor }),
      ...(record.restored !== undefined && { restored: record.restored }),
      sources: record.changedSources,
      ...(record.revisions && { revisions: record.revisions }),
      stats: record.stats,
      current: index === this.#records.length - 1,
      pinned: this.isPinned(record.version),
    }));
  }

  /** Lists the kept versions in words, for an error. */
  describeKept(): string {
    const versions = this.#records.map(({ version }) => version);
    return versions.length === 1
      ? `the only kept version is ${versions[0]}`
      : `the kept versions are ${versions.join(', ')}`;
  }

  /** Returns how many of the newest versions are kept. */
  #keptVersions(): number {
    let values = 0;
    for (let kept = 0; kept < Math.min(this.max, this.#records.length); kept += 1) {
      values += this.#records.at(-1 - kept)?.ownValues ?? 0;
      if (values > MAX_VALUES && kept >= ALWAYS_KEPT) return kept;
    }
    return this.max;
  }

  #isHeld(version: number): boolean {
    return [...this.#holds].some((hold) => hold.version === version);
  }
}
