import { plural } from '../../util/plural.js';
import { reasonOf } from '../../util/reason-of.js';
import { summarizeNames } from '../../util/summarize-names.js';
import type { DirectoryListing, VersionDirectory } from './version-directory.js';
import { corruptName, MAX_NAMED_VERSION, type VersionFileName } from './version-file-name.js';
import { isOwnFormat, OtherFormatFile, UnusableVersionFile } from './version-file.js';
import type { VersionHead } from './version-head.js';
import { isOwnVersion, type VersionOwner } from './version-owner.js';
import { readHead, type ReadingRules } from './version-reader.js';

/** A version of an earlier process, without its layers. */
export interface StoredVersion {
  readonly version: number;
  readonly time: Date;
  /** The name of its file. */
  readonly file: string;
  readonly head: VersionHead;
}

/** Everything that is needed to read a directory at the start of an app. */
export interface InventoryContext {
  readonly directory: VersionDirectory;
  readonly rules: ReadingRules;
  readonly owner: VersionOwner;
  readonly warn: (message: string) => void;
}

/** Maximum number of files that a warning names. */
const MAX_NAMED = 5;

/** A file that is not used, and the reason as a predicate. */
interface Unused {
  readonly name: string;
  readonly reason: string;
}

/** Reads the heads of the files in a directory at the start of an app. One warning names all files of a kind. */
export class VersionInventory {
  /** The newest versions of this app, newest first. */
  readonly own: StoredVersion[] = [];
  /** For each file that was read, `true` if this app may remove it. */
  readonly isRemovable = new Map<string, boolean>();
  #newestStamp = 0;
  #lastVersion = 0;
  readonly #others: VersionHead[] = [];
  /** Files that are no versions: they are renamed. */
  readonly #damaged: Unused[] = [];
  /** Files that may be good, for another key or release: they stay. */
  readonly #left: Unused[] = [];

  private constructor(private readonly context: InventoryContext) {}

  /**
   * Reads all files, also those beyond `max`: one of another release may be older than all versions of this app.
   *
   * @param max the number of versions of this app that are wanted
   */
  static async take(
    listing: DirectoryListing,
    max: number,
    context: InventoryContext,
  ): Promise<VersionInventory> {
    const inventory = new VersionInventory(context);
    for (const name of listing.versions.toReversed()) await inventory.#read(name);
    inventory.own.splice(max);
    for (const name of listing.misnamed)
      inventory.#damaged.push({ name, reason: 'does not have the name of a version file' });
    await inventory.#setAside();
    inventory.#warn(listing.foreign);
    return inventory;
  }

  /** The time of the newest version of any app here, in ms; 0 if there is none. */
  get newestStamp(): number {
    return this.#newestStamp;
  }

  /**
   * The highest number of a version of any app here; 0 if there is none. A file of another format counts by its name, so that
   * no number is used twice by an upgrade and a downgrade. The names of other files do not count.
   */
  get lastVersion(): number {
    return this.#lastVersion;
  }

  async #read({ name, stamp, version }: VersionFileName): Promise<void> {
    const { directory, rules, owner } = this.context;
    try {
      const { head, format } = await readHead(await directory.read(name), rules);
      const isOwn = isOwnVersion(head, owner);
      this.isRemovable.set(name, isOwn && isOwnFormat(format));
      this.#newestStamp = Math.max(this.#newestStamp, stamp);
      this.#lastVersion = Math.max(this.#lastVersion, head.version);
      if (isOwn) this.own.push({ file: name, version: head.version, time: new Date(head.time), head });
      else this.#others.push(head);
    } catch (error) {
      if (error instanceof OtherFormatFile && version <= MAX_NAMED_VERSION)
        this.#lastVersion = Math.max(this.#lastVersion, version);
      this.#addUnused(name, error);
    }
  }

  #addUnused(name: string, error: unknown): void {
    this.isRemovable.set(name, false);
    if (error instanceof UnusableVersionFile)
      (error.stays ? this.#left : this.#damaged).push({ name, reason: error.message });
    // The file may be good: the disk failed. If another process has removed it, there is nothing to say.
    else if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      this.#left.push({ name, reason: `cannot be read: ${reasonOf(error)}` });
  }

  async #setAside(): Promise<void> {
    for (const [index, unused] of this.#damaged.entries()) {
      const isRenamed = await this.context.directory.renameCorrupt(unused.name);
      const outcome = isRenamed ? `was renamed to ${corruptName(unused.name)}` : 'could not be renamed';
      this.#damaged[index] = { ...unused, reason: `${unused.reason}, and ${outcome}` };
    }
  }

  #warn(foreign: readonly string[]): void {
    const { warn, directory } = this.context;
    const { path } = directory;
    if (this.#damaged.length > 0)
      warn(`${plural(this.#damaged.length, 'file')} in ${path} cannot be used: ${describe(this.#damaged)}.`);
    if (this.#left.length > 0)
      warn(
        `${plural(this.#left.length, 'file')} in ${path} ${this.#left.length === 1 ? 'was' : 'were'} skipped: ` +
          `${describe(this.#left)}. Skipped files stay; remove them if they are of no use.`,
      );
    if (foreign.length > 0)
      warn(
        `${path} contains files that are not versions: ${summarizeNames(foreign)}. ` +
          'They are not touched; use a directory for versions only.',
      );
    this.#warnOfOthers();
  }

  #warnOfOthers(): void {
    const [newest] = this.#others;
    if (newest === undefined) return;
    const { app, layers } = newest;
    const names = summarizeNames(layers.map(({ source }) => source));
    this.context.warn(
      `${this.context.directory.path} contains versions of another app (${app === undefined ? '' : `${app}, `}with the ` +
        `sources ${names}). They are not used, listed or removed. Set history.dir to a directory of its own for each app.`,
    );
  }
}

function describe(files: readonly Unused[]): string {
  const named = files.slice(0, MAX_NAMED).map(({ name, reason }) => `${name} ${reason}`);
  const more = files.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
