import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { reasonOf } from '../../util/reason-of.js';
import { listNames } from '../../util/list-names.js';
import type { ConfigLogger } from '../../model/config-logger.interface.js';
import { isWritten } from './is-written.js';
import { SaveQueue } from './save-queue.js';
import { SecretBoxes } from './secret-box.js';
import { describeDiskFailure, isDiskFailure } from './disk-failure.js';
import { StoredVersion } from './stored-version.js';
import type { VersionRecord } from '../version-record.js';
import type { IsSecret } from './tree-text.js';
import { VersionDirectory, type DirectoryListing, type KeepLimits } from './version-directory.js';
import { versionFileName, type VersionFileName } from './version-file-name.js';
import { UnusableVersionFile } from './version-file.js';
import type { VersionHead } from './version-head.js';
import { readContent, readHead, type LiveLayers, type RestoredContent } from './version-reader.js';
import { VersionWriter, type PackedVersion } from './version-writer.js';

/** What a store is made of. */
export interface VersionStoreParts extends KeepLimits {
  readonly dir: string;
  readonly key?: string | Uint8Array;
  readonly isSecret: IsSecret;
  readonly logger: ConfigLogger;
  /** Told when the first version that is saved says what the newest on disk does; it is not written again. */
  readonly recognised: (record: VersionRecord, version: number) => void;
}

/**
 * Keeps versions on disk, each in a file of its own. Nothing about the disk is ever fatal: while it fails, versions are
 * kept in memory, and written when it works again.
 */
export class VersionStore {
  readonly #directory: VersionDirectory;
  readonly #boxes: SecretBoxes | undefined;
  readonly #writer: VersionWriter;
  readonly #queue: SaveQueue<VersionRecord>;
  /** Names the files of this process among those of all that write there. */
  readonly #run = randomBytes(4).toString('hex');
  #versions: readonly StoredVersion[] = [];
  #lastVersion = 0;
  #newestStamp = 0;
  /** The file of the newest version that is whole. */
  #newest: Pick<VersionFileName, 'name' | 'version'> | undefined;
  #isFirst = true;

  constructor(private readonly parts: VersionStoreParts) {
    const { dir, key, isSecret, max } = parts;
    this.#directory = new VersionDirectory(resolve(dir));
    this.#boxes = key === undefined ? undefined : new SecretBoxes(key);
    this.#writer = new VersionWriter(isSecret, this.#boxes);
    this.#queue = new SaveQueue({
      limit: max,
      save: (record) => this.#save(record),
      failed: (error) => this.#warn(describeDiskFailure(this.#directory.path, error)),
      recovered: () => parts.logger.log(`Versions are written to ${this.#directory.path} again.`),
    });
  }

  /** The versions of earlier processes, oldest first; each number once. */
  get versions(): readonly StoredVersion[] {
    return this.#versions;
  }

  /** The highest number that a version has on disk, usable or not; 0 where there is none. */
  get lastVersion(): number {
    return this.#lastVersion;
  }

  /** The directory. */
  get path(): string {
    return this.#directory.path;
  }

  /** Whether versions are in memory only, because the disk does not take them. */
  get isFailing(): boolean {
    return this.#queue.isFailing;
  }

  /** Reads what is on disk, and tidies up. Never rejects. */
  async open(): Promise<void> {
    try {
      const listing = await this.#directory.list();
      this.#lastVersion = listing.versions.reduce((last, { version }) => Math.max(last, version), 0);
      this.#newestStamp = listing.versions.at(-1)?.stamp ?? 0;
      await this.#read(listing);
      await this.#directory.clean(listing);
      await this.#directory.prune(this.parts, this.#newest?.name);
    } catch (error) {
      this.#warn(`The versions in ${this.#directory.path} cannot be read: ${reasonOf(error)}`);
    }
  }

  /** Writes a version, soon; the caller does not wait. */
  save(record: VersionRecord): void {
    this.#queue.add(record);
  }

  /**
   * What a version of an earlier process said.
   *
   * @throws UnusableVersionFile where its file is gone by now, or damaged
   */
  async restore({ file, version }: StoredVersion, live: LiveLayers): Promise<RestoredContent> {
    const bytes = await this.#directory.read(file).catch((error: unknown) => {
      throw new UnusableVersionFile(`cannot be read any more: ${reasonOf(error)}`);
    });
    const content = await readContent(bytes, this.#boxes, live);
    if (content.isLocked)
      this.#warn(
        `The secrets of version ${version} cannot be decrypted: ` +
          `${this.#boxes ? 'history.key is not the key they were encrypted with' : 'there is no history.key'}. ` +
          'They are taken from what the sources say now.',
      );
    return content;
  }

  /** Resolves when everything is written, or the disk has refused it. */
  settled(): Promise<void> {
    return this.#queue.settled();
  }

  /** Writes what is not written yet, if the disk takes it. */
  async close(): Promise<void> {
    await this.#queue.close();
    if (this.#queue.waiting > 0)
      this.#warn(`${this.#queue.waiting} versions were not written to ${this.#directory.path}.`);
  }

  async #read({ versions, misnamed, foreign }: DirectoryListing): Promise<void> {
    const found: StoredVersion[] = [];
    for (const name of versions.toReversed()) {
      if (found.length >= this.parts.max) break;
      const head = await this.#readOne(name);
      if (head !== undefined) found.push(new StoredVersion(name.name, head));
    }
    for (const name of misnamed) await this.#setAside(name, 'is none of the files of this app');
    if (foreign.length > 0)
      this.#warn(
        `${this.#directory.path} holds files that are no versions; they are left alone: ${listNames(foreign)}`,
      );
    this.#newest = found[0] && { name: found[0].file, version: found[0].version };
    const [salt] = found.flatMap(({ head }) => head.salt ?? []);
    if (salt !== undefined) this.#boxes?.settleOn(salt);
    // Two processes that share a directory count on from the same number: the newest file wins.
    const byNumber = new Map(found.toReversed().map((version) => [version.version, version]));
    this.#versions = [...byNumber.values()].sort((a, b) => a.version - b.version);
  }

  async #readOne({ name, version }: VersionFileName): Promise<VersionHead | undefined> {
    try {
      const head = await readHead(await this.#directory.read(name));
      if (head.version !== version) throw new UnusableVersionFile('says another version than its name');
      return head;
    } catch (error) {
      if (!(error instanceof UnusableVersionFile) || error.isNewer) {
        // The disk failed, another process was faster, or a newer release wrote it: it may be good.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
          this.#warn(`${name} in ${this.#directory.path} is passed over: it ${whyPassedOver(error)}`);
        return undefined;
      }
      await this.#setAside(name, error.message);
      return undefined;
    }
  }

  async #setAside(name: string, why: string): Promise<void> {
    const isAside = await this.#directory.setAside(name);
    const where = isAside ? `it was renamed to .corrupt-${name}` : 'it could not be renamed';
    this.#warn(`${name} in ${this.#directory.path} cannot be used: it ${why}; ${where}`);
  }

  async #save(record: VersionRecord): Promise<void> {
    try {
      await this.#write(await this.#writer.pack(record));
    } catch (error) {
      // What cannot be written on any disk must not keep others from it.
      if (isDiskFailure(error)) throw error;
      this.#warn(`Version ${record.version} cannot be written to disk: ${reasonOf(error)}`);
    }
  }

  async #write(packed: PackedVersion): Promise<void> {
    // An app that is started again and again must not push its history out.
    const same = this.#isFirst ? await this.#findOnDisk(packed) : undefined;
    if (same !== undefined) this.parts.recognised(packed.record, same);
    else await this.#writeFile(packed);
    this.#isFirst = false;
  }

  async #writeFile(packed: PackedVersion): Promise<void> {
    const { version } = packed.record;
    const stamp = Math.max(Date.now(), this.#newestStamp + 1);
    const name = versionFileName(stamp, version, process.pid, this.#run);
    await this.#directory.write(name, await this.#writer.write(name, packed));
    this.#newestStamp = stamp;
    this.#newest = { name, version };
    await this.#directory.prune(this.parts, name);
  }

  /** The number of the newest version on disk, where that says the same. */
  async #findOnDisk(packed: PackedVersion): Promise<number | undefined> {
    if (this.#newest === undefined) return undefined;
    const { name, version } = this.#newest;
    try {
      const bytes = await this.#directory.read(name);
      return (await isWritten(bytes, packed, this.#boxes)) ? version : undefined;
    } catch {
      return undefined; // it is gone
    }
  }

  #warn(message: string): void {
    this.parts.logger.warn(message);
  }
}

function whyPassedOver(error: unknown): string {
  return error instanceof UnusableVersionFile ? error.message : `cannot be read: ${reasonOf(error)}`;
}
