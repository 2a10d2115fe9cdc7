import type { Snapshot } from '../snapshot/snapshot.js';
import { ConfigRollbackError } from '../errors/config.errors.js';
import type { ConfigVersion } from './config-version.interface.js';
import { recordVersion, type CommitFacts } from './record-version.js';
import type { VersionRecord } from './version-record.js';

/** The versions that were in force, oldest first: the last `max`, and those that are pinned. */
export class History {
  readonly #records: VersionRecord[] = [];

  constructor(
    private readonly max: number,
    private readonly isPinned: (version: number) => boolean,
    /** Whether a version is kept besides, because it may have to be brought back. */
    private readonly isNeeded: (version: number) => boolean = () => false,
  ) {}

  /** What is kept, oldest first. The last one is in force. */
  get records(): readonly VersionRecord[] {
    return this.#records;
  }

  /** A snapshot by its version or its hash; the newest, where a hash came twice. */
  find(wanted: number | string): Snapshot | undefined {
    const isWanted = ({ version, hash }: VersionRecord) => version === wanted || hash === wanted;
    return this.#records.findLast((record) => record.snapshot !== undefined && isWanted(record))?.snapshot;
  }

  /**
   * The record of a version.
   *
   * @throws ConfigRollbackError where it is not kept
   */
  async version(version: number): Promise<VersionRecord> {
    const record = this.#records.find((candidate) => candidate.version === version);
    if (record === undefined)
      throw new ConfigRollbackError(`version ${version} is not kept; ${this.#kept()}`);
    return record.reopen?.() ?? record;
  }

  /**
   * The record `steps` before the one in force. A version that brought another one back counts as that one: a step
   * never leads back to what was rolled back from.
   *
   * @throws ConfigRollbackError where history does not go back so far
   */
  async stepsBack(steps: number): Promise<VersionRecord> {
    let index = this.#records.length - 1;
    for (let step = 0; step < steps; step += 1) index = this.#origin(index) - 1;
    const record = this.#records[index];
    if (record === undefined)
      throw new ConfigRollbackError(
        `there is no version ${steps} ${steps === 1 ? 'step' : 'steps'} back; ${this.#kept()}`,
      );
    return record.reopen?.() ?? record;
  }

  /** Records a commit. */
  add(facts: CommitFacts): VersionRecord {
    const record = recordVersion(facts, this.#records.at(-1));
    this.#records.push(record);
    this.prune();
    return record;
  }

  /** Puts the versions of earlier processes, oldest first, before those of this one. */
  load(records: readonly VersionRecord[]): void {
    this.#records.unshift(...records);
    this.prune();
  }

  /** Says that a version says what an earlier one did, which was found out after it was recorded. */
  recognise(version: number, restored: number): void {
    const index = this.#records.findIndex((record) => record.version === version);
    const record = this.#records[index];
    if (record !== undefined) this.#records[index] = { restored, ...record };
  }

  /** Forgets what is too old. To be called again when pins have ended. */
  prune(): void {
    for (let index = 0; this.#records.length > this.max && index < this.#records.length - this.max;) {
      const { version } = this.#records[index]!;
      if (this.isPinned(version) || this.isNeeded(version)) index += 1;
      else this.#records.splice(index, 1);
    }
  }

  /** What is kept, for people and machines. Holds no values. */
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
      stats: record.stats,
      current: index === this.#records.length - 1,
      pinned: this.isPinned(record.version),
    }));
  }

  /**
   * Where the content of a record first came from; where that is not kept any more, what follows on its place: all that
   * is newer was rolled back from.
   */
  #origin(index: number): number {
    const restored = this.#records[index]?.restored;
    if (restored === undefined) return index;
    const origin = this.#records.findIndex(({ version }) => version === restored);
    if (origin !== -1) return this.#origin(origin);
    return this.#records.findLastIndex(({ version }) => version < restored) + 1;
  }

  #kept(): string {
    const versions = this.#records.map(({ version }) => version);
    return `kept ${versions.length === 1 ? 'is' : 'are'} ${versions.join(', ')}`;
  }
}
