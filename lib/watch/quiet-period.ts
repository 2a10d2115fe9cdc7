import {
  changedFiles,
  isReplacement,
  type ChangedFile,
  type FileStamp,
  type Fingerprint,
} from './fingerprint.js';

/** Quiet time after a replacement, in ms: enough for the next file of the same group to be replaced too. */
const REPLACEMENT_QUIET = 10;

/** Quiet time that is enough shortly before `maxWait` ends, in ms: a file is not read in the middle of a write. */
const MINIMAL_QUIET = 5;

/** inotify reports each name; on other systems one event may stand for several. */
const REPORTS_EACH_NAME = process.platform === 'linux';

/** The quiet time after appends with pauses, as a multiple of the longest pause seen so far. */
const PAUSE_FACTOR = 2;
/** The quiet time after a file was cut off, as a multiple of the debounce: the rest is likely to follow. */
const CUT_OFF_FACTOR = 4;
/** A file written in place counts as cut off if less than this part of its former size is left. */
const CUT_OFF_BELOW = 0.75;

export interface DebounceOptions {
  readonly debounce: number;
  /** `true` if the debounce applies exactly: nothing shortens or lengthens it. */
  readonly debounceIsExplicit: boolean;
}

/** The changes of one target, from the first sign of them until they have settled. All times are by the same clock. */
export class DebouncedChange {
  /** `true` if an event announced the change; `false` if only a scan has found it. */
  announced = false;
  #writtenInPlace = false;
  #renames = 0;
  #lastEvent: number;
  #lastNeighborEvent = -Infinity;
  #latest: Fingerprint;
  #latestSince: number;
  // Computed once for each scan: to compare thousands of files at every event would be expensive.
  #isReplaced = false;
  #isCutOff = false;
  #lastGrowth: number | undefined;
  #growths = 0;
  #longestPause = 0;
  #heldUntil = -Infinity;

  constructor(
    readonly options: DebounceOptions,
    /** The fingerprint of the target when it had last settled. */
    readonly before: Fingerprint,
    readonly startedAt: number,
  ) {
    this.#lastEvent = startedAt;
    this.#latest = before;
    this.#latestSince = startedAt;
  }

  /** Records an event at the target. `inPlace`: the content of a file was written; otherwise a name changed. */
  noteEvent(now: number, inPlace: boolean): void {
    this.announced = true;
    this.#lastEvent = now;
    this.#writtenInPlace ||= inPlace;
    if (!inPlace) this.#renames += 1;
  }

  /** Records an event next to the target: another file of a group is replaced, or its temporary file was written. */
  noteNeighborEvent(now: number): void {
    this.#lastNeighborEvent = now;
  }

  /** Takes the safe assumption, for a change that no event described. */
  assumeWrittenInPlace(): void {
    this.#writtenInPlace = true;
  }

  /** Records the result of a scan that started at `at`. */
  noteScan(fingerprint: Fingerprint, at: number): void {
    if (fingerprint === this.#latest) return;
    const sinceLatest = changedFiles(this.#latest, fingerprint);
    if (sinceLatest.length === 0) return;
    if (hasGrown(sinceLatest)) {
      if (this.#lastGrowth !== undefined)
        this.#longestPause = Math.max(this.#longestPause, at - this.#lastGrowth);
      this.#lastGrowth = at;
      this.#growths += 1;
    }
    const changed = this.#latest === this.before ? sinceLatest : changedFiles(this.before, fingerprint);
    this.#latest = fingerprint;
    this.#latestSince = at;
    this.#isReplaced = isReplacement(changed);
    this.#isCutOff = isCutOff(changed);
  }

  /** Delays the end of the change, because a file is still being written. */
  holdUntil(time: number): void {
    this.#heldUntil = time;
  }

  /** The fingerprint that the last scan found. */
  get latest(): Fingerprint {
    return this.#latest;
  }

  /**
   * The time at which the change settles if no event follows. `allReplaced`: everything that is watched has been
   * replaced, so no other change can belong to this one.
   */
  settlesAt(allReplaced: boolean): number {
    return Math.max(this.#heldUntil, this.#quietAt(allReplaced));
  }

  /** The time from which the target may be read although it keeps changing, if no event follows until then. */
  minimalQuietAt(): number {
    return Math.max(this.#heldUntil, this.#lastSign() + Math.min(MINIMAL_QUIET, this.options.debounce));
  }

  /** Checks whether all files were put in place as a whole, so that no process can still be writing them. */
  isReplacement(): boolean {
    return !this.#writtenInPlace && this.#isReplaced;
  }

  /** The files that a process may still be writing. */
  filesInDoubt(): FileStamp[] {
    if (this.isReplacement()) return [];
    const changed = changedFiles(this.before, this.#latest).flatMap((file) => file.after ?? []);
    // Events without a difference: a process may have opened the file and written the same content.
    return changed.length > 0 || this.#latest.size > 1 ? changed : [...this.#latest.values()];
  }

  /**
   * A file that was renamed over the old one is complete. A new file that is still being written under the old name
   * looks the same to a scan, but needs two events: the old name is removed, then created again.
   */
  get #isRenamedOver(): boolean {
    return REPORTS_EACH_NAME && this.#renames === 1;
  }

  #quietAt(allReplaced: boolean): number {
    const last = this.#lastSign();
    if (this.options.debounceIsExplicit) return last + this.options.debounce;
    if (!this.isReplacement()) return last + this.#inPlaceQuiet();
    if (allReplaced && this.#isRenamedOver) return last;
    const quiet = Math.min(REPLACEMENT_QUIET, this.options.debounce);
    const groupQuiet = Math.min(this.#lastNeighborEvent + quiet, this.startedAt + this.options.debounce);
    return Math.max(last + quiet, groupQuiet);
  }

  #lastSign(): number {
    return Math.max(this.#lastEvent, this.#latestSince);
  }

  #inPlaceQuiet(): number {
    const { debounce } = this.options;
    const pausing = this.#growths > 1 ? this.#longestPause * PAUSE_FACTOR : 0;
    const cutOff = this.#isCutOff ? debounce * CUT_OFF_FACTOR : 0;
    return Math.max(debounce, pausing, cutOff);
  }
}

function hasGrown(changed: readonly ChangedFile[]): boolean {
  return changed.some(
    ({ before, after }) => before && after && before.inode === after.inode && before.size < after.size,
  );
}

function isCutOff(changed: readonly ChangedFile[]): boolean {
  return changed.some(({ before, after }) => before && after && after.size < before.size * CUT_OFF_BELOW);
}
