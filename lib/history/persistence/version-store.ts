import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { reasonOf } from '../../util/reason-of.js';
import { formatTime } from '../../util/format-time.js';
import { HANG_TIMEOUT, waitAtMost } from '../../util/timeouts.js';
import { summarizeNames } from '../../util/summarize-names.js';
import type { Part } from '../../model/part.interface.js';
import type { SafeLogger } from '../../logging/safe-logger.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { checkDirectoryAccess } from './directory-access.js';
import { HistoryKey } from './history-key.js';
import { isSameVersion } from './is-same-version.js';
import { SaveQueue } from './save-queue.js';
import { describeDiskFailure, isDiskFailure } from './disk-failure.js';
import type { History } from '../history.js';
import type { RecordedLayer, VersionRecord } from '../version-record.js';
import type { IsSecret } from './tree-json.js';
import { VersionDirectory, type DirectoryListing, type KeepLimits } from './version-directory.js';
import { versionFileName, type VersionFileName } from './version-file-name.js';
import { isOwnFormat, type NamedBytes, UnusableVersionFile } from './version-file.js';
import { type StoredVersion, VersionInventory } from './version-inventory.js';
import { isOwnVersion, type VersionOwner } from './version-owner.js';
import { plural } from '../../util/plural.js';
import {
  maxSizeOf,
  readContent,
  readHead,
  readLayer,
  type LiveLayers,
  type ReadingRules,
  type RestoredContent,
} from './version-reader.js';
import type { VersionStoreStatus } from './version-store-status.interface.js';
import { VersionWriter, type SerializedVersion } from './version-writer.js';

/** Options of a store. */
export interface VersionStoreOptions extends KeepLimits {
  readonly dir: string;
  readonly key?: string | Uint8Array;
  readonly limits: ContentLimits;
  readonly isSecret: IsSecret;
  readonly logger: SafeLogger;
  readonly owner: VersionOwner;
  /** Marks the first version as restored if it has the content of the newest version on disk, and is not written again. */
  readonly history: Pick<History, 'markRestored'>;
}

/**
 * Keeps versions on disk, one file per version. A failure of the disk is never fatal: versions wait in memory, and
 * are written when the disk works again.
 */
export class VersionStore implements Part {
  readonly #directory: VersionDirectory;
  readonly #rules: ReadingRules;
  readonly #writer: VersionWriter;
  readonly #queue: SaveQueue<VersionRecord>;
  /** Distinguishes the files of this process from those of other processes. */
  readonly #run = randomBytes(4).toString('hex');
  #versions: readonly StoredVersion[] = [];
  #lastVersion = 0;
  #newestStamp = 0;
  /** The file of the newest version that can be used. */
  #newest: Pick<VersionFileName, 'name' | 'version'> | undefined;
  #isFirstSave = true;
  /** For each file that was read or written, `true` if this app may remove it. */
  #isRemovable = new Map<string, boolean>();

  constructor(private readonly options: VersionStoreOptions) {
    const { dir, isSecret, max, logger, owner, limits } = options;
    const key = options.key === undefined ? undefined : new HistoryKey(options.key);
    this.#rules = { key, limits };
    this.#directory = new VersionDirectory(resolve(dir), maxSizeOf(limits));
    this.#writer = new VersionWriter(isSecret, key, owner.app, maxSizeOf(limits));
    this.#queue = new SaveQueue({
      limit: max,
      save: (record) => this.#save(record),
      onFailure: (error) => this.#warn(describeDiskFailure(this.#directory.path, error)),
      onRecovery: (since) =>
        logger.log(
          `Versions are written to ${this.#directory.path} again. They could not be written since ${formatTime(since)}.`,
        ),
    });
  }

  /** The versions of earlier processes of this app, oldest first. Each number occurs once. */
  get versions(): readonly StoredVersion[] {
    return this.#versions;
  }

  /** The highest number of a usable version on disk, of any app; 0 if there are no versions. */
  get lastVersion(): number {
    return this.#lastVersion;
  }

  /** The absolute path of the directory. */
  get path(): string {
    return this.#directory.path;
  }

  /** @throws ConfigOptionsError if other users can write versions to the directory */
  checkAccess(): Promise<void> {
    return checkDirectoryAccess(this.path, this.#rules.key !== undefined);
  }

  /** Reads the versions on disk, and removes those that exceed the limits. Never rejects. */
  async open(): Promise<void> {
    try {
      const listing = await this.#directory.list();
      await this.#read(listing);
      const removed = await this.#directory.clean(listing);
      if (removed.length > 0)
        this.#warn(
          `Old files that could not be used were removed from ${this.path}: ${summarizeNames(removed)}`,
        );
      await this.#prune(this.#newest?.name);
    } catch (error) {
      this.#warn(
        `The versions in ${this.#directory.path} cannot be read: ${reasonOf(error)}. Earlier versions are not available.`,
      );
    }
  }

  /** Writes a version in the background. */
  save(record: VersionRecord): void {
    this.#queue.add(record);
  }

  /**
   * Reads the content of a version of an earlier process.
   *
   * @throws UnusableVersionFile if its file has been removed or damaged
   */
  async restore(stored: StoredVersion, live: LiveLayers): Promise<RestoredContent> {
    const content = await readContent(await this.#readFile(stored), this.#rules, live);
    if (content.isLocked)
      this.#warn(
        `The secrets of version ${stored.version} cannot be decrypted: history.key is not set. ` +
          'The current values of the sources are used instead.',
      );
    return content;
  }

  /**
   * Reads the layer of one source in a version of an earlier process, for a source that has no content now. Returns
   * undefined if the version has no layer of that source.
   *
   * @throws UnusableVersionFile if the file has been removed or damaged, or the layer has values that are not on disk
   */
  async restoreLayer(stored: StoredVersion, source: string): Promise<RecordedLayer | undefined> {
    const content = await readLayer(await this.#readFile(stored), this.#rules, source);
    if (content === undefined || content.missing.length === 0) return content?.layer;
    const names = summarizeNames(content.missing);
    throw new UnusableVersionFile(
      content.isLocked
        ? `has encrypted values that cannot be decrypted (${names}): history.key is not set`
        : `does not contain ${names}; with history.key, secrets are on disk too`,
    );
  }

  /** Resolves when all versions are written, or the disk has refused them. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  status(): VersionStoreStatus {
    const since = this.#queue.failingSince;
    const failure = since === undefined ? { failing: false } : { failing: true, since };
    return { versionsOnDisk: { dir: this.#directory.path, ...failure } };
  }

  /** Writes the versions that are waiting, if the disk accepts them. */
  async close(): Promise<void> {
    // A disk that hangs must not block the shutdown.
    await waitAtMost(HANG_TIMEOUT, this.#queue.close());
    const { waiting } = this.#queue;
    const were = `${plural(waiting, 'version')} ${waiting === 1 ? 'was' : 'were'}`;
    if (waiting > 0) this.#warn(`${were} not written to ${this.#directory.path} before the app closed.`);
  }

  #readFile({ file }: StoredVersion): Promise<NamedBytes> {
    return this.#directory.read(file).catch((error: unknown) => {
      if (error instanceof UnusableVersionFile) throw error;
      throw new UnusableVersionFile(`cannot be read any more: ${reasonOf(error)}`);
    });
  }

  async #read(listing: DirectoryListing): Promise<void> {
    const { max, owner } = this.options;
    const { own, isRemovable, lastVersion, newestStamp } = await VersionInventory.take(listing, max, {
      directory: this.#directory,
      rules: this.#rules,
      owner,
      warn: (message) => this.#warn(message),
    });
    this.#lastVersion = lastVersion;
    this.#newestStamp = newestStamp;
    this.#isRemovable = isRemovable;
    this.#newest = own[0] && { name: own[0].file, version: own[0].version };
    // Two processes that share a directory may write the same number: the newest file wins.
    const byNumber = new Map(own.toReversed().map((version) => [version.version, version]));
    this.#versions = [...byNumber.values()].sort((a, b) => a.version - b.version);
  }

  #prune(newest: string | undefined): Promise<void> {
    return this.#directory.prune(this.options, newest, (versions) => this.#removableAmong(versions));
  }

  /**
   * Returns the versions that this app may remove: its own, in the format that it writes. Those of an earlier release are there
   * for a downgrade. Other processes may have written some since: each file is read once.
   */
  async #removableAmong(versions: readonly VersionFileName[]): Promise<readonly VersionFileName[]> {
    const isRemovable = new Map<string, boolean>();
    for (const { name } of versions)
      isRemovable.set(name, this.#isRemovable.get(name) ?? (await this.#readIsRemovable(name)));
    this.#isRemovable = isRemovable;
    return versions.filter(({ name }) => isRemovable.get(name));
  }

  async #readIsRemovable(name: string): Promise<boolean> {
    try {
      const { head, format } = await readHead(await this.#directory.read(name), this.#rules);
      return isOwnVersion(head, this.options.owner) && isOwnFormat(format);
    } catch {
      return false; // the next start says why it cannot be used
    }
  }

  async #save(record: VersionRecord): Promise<void> {
    try {
      await this.#write(await this.#writer.serialize(record));
    } catch (error) {
      // A version that no disk can store must not block the others.
      if (isDiskFailure(error)) throw error;
      this.#warn(`Version ${record.version} cannot be written to disk: ${reasonOf(error)}`);
    }
  }

  async #write(serialized: SerializedVersion): Promise<void> {
    // Repeated restarts with the same content must not push earlier versions out.
    const same = this.#isFirstSave ? await this.#findOnDisk(serialized) : undefined;
    if (same !== undefined) this.options.history.markRestored(serialized.record.version, same);
    else await this.#writeFile(serialized);
    this.#isFirstSave = false;
  }

  async #writeFile(serialized: SerializedVersion): Promise<void> {
    const { version } = serialized.record;
    const stamp = Math.max(Date.now(), this.#newestStamp + 1);
    const name = versionFileName(stamp, version, process.pid, this.#run);
    await this.#directory.write(name, await this.#writer.encode(name, serialized));
    this.#newestStamp = stamp;
    this.#newest = { name, version };
    this.#isRemovable.set(name, true);
    await this.#prune(name);
  }

  /** Returns the number of the newest version on disk if it has the same content. */
  async #findOnDisk(serialized: SerializedVersion): Promise<number | undefined> {
    if (this.#newest === undefined) return undefined;
    const { name, version } = this.#newest;
    try {
      const file = await this.#directory.read(name);
      return (await isSameVersion(file, serialized, this.#rules)) ? version : undefined;
    } catch {
      return undefined; // its file has been removed
    }
  }

  #warn(message: string): void {
    this.options.logger.warn(message);
  }
}
