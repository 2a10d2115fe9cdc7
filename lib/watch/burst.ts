import {
  changedFiles,
  isReplacement,
  sameFingerprint,
  type FileStamp,
  type Fingerprint,
} from './fingerprint.js';

/** The quiet, in ms, after something was put in place whole: time for the rest of a group of such changes to begin. */
const REPLACEMENT_QUIET = 10;

/** The quiet, in ms, that has to do when there is no time left to wait: enough not to be in the midst of a write. */
const CALM = 5;

/** inotify does; elsewhere one event may stand for several. */
const TELLS_OF_EACH_NAME = process.platform === 'linux';

/** How much longer than the longest pause seen so far a writer that keeps pausing is given. */
const PAUSE_FACTOR = 2;
/** How much longer than usual a file is waited for that is cut off: its rest is likely to follow. */
const CUT_OFF_FACTOR = 4;
/** Below this part of its size at rest, a file written in place counts as cut off. Smaller edits do not. */
const CUT_OFF_BELOW = 0.75;

export interface QuietOptions {
  readonly debounce: number;
  /** Nothing shortens or lengthens `debounce`. */
  readonly debounceIsExplicit: boolean;
}

/** One target's changes, from the first sign of them until they have come to rest. All times by the same clock. */
export class Burst {
  /** Whether an event told of it; else a look found it. */
  announced = false;
  #writtenInPlace = false;
  #renames = 0;
  #lastHint: number;
  #lastNeighbour = -Infinity;
  #seen: Fingerprint;
  #seenSince: number;
  // Known once for each look: to compare thousands of files at every hint would be dear.
  #isReplaced = false;
  #isCutOff = false;
  #lastGrowth: number | undefined;
  #growths = 0;
  #longestPause = 0;
  #heldUntil = -Infinity;

  constructor(
    readonly options: QuietOptions,
    /** What was there when the target was last at rest. */
    readonly rest: Fingerprint,
    readonly startedAt: number,
  ) {
    this.#lastHint = startedAt;
    this.#seen = rest;
    this.#seenSince = startedAt;
  }

  /** Something happened at the target; `written` when it happened to what is in the file and not to its name. */
  hint(now: number, written: boolean): void {
    this.announced = true;
    this.#lastHint = now;
    this.#writtenInPlace ||= written;
    if (!written) this.#renames += 1;
  }

  /** How the target changed is unknown, so the careful way is right. */
  assumeWrittenInPlace(): void {
    this.#writtenInPlace = true;
  }

  /** Something happened next to the target: one of several files being replaced, or the temporary file of the next. */
  neighbour(now: number): void {
    this.#lastNeighbour = now;
  }

  /** Somebody is still writing: it is not over before that time. */
  hold(until: number): void {
    this.#heldUntil = until;
  }

  /** A look that began at `at` saw this. */
  saw(fingerprint: Fingerprint, at: number): void {
    if (sameFingerprint(fingerprint, this.#seen)) return;
    if (grew(this.#seen, fingerprint)) {
      if (this.#lastGrowth !== undefined)
        this.#longestPause = Math.max(this.#longestPause, at - this.#lastGrowth);
      this.#lastGrowth = at;
      this.#growths += 1;
    }
    this.#seen = fingerprint;
    this.#seenSince = at;
    this.#isReplaced = isReplacement(this.rest, fingerprint);
    this.#isCutOff = isCutOff(this.rest, fingerprint);
  }

  /** What was seen last. */
  get seen(): Fingerprint {
    return this.#seen;
  }

  /**
   * When the changes count as over, if nothing more is heard or seen; `complete` when nothing else that is watched could
   * still join them.
   */
  quietAt(complete: boolean): number {
    return Math.max(this.#heldUntil, this.#quietAt(complete));
  }

  /** When it may be read though the changes go on, if nothing more is heard or seen till then. */
  calmAt(): number {
    return Math.max(this.#heldUntil, this.#lastSign() + Math.min(CALM, this.options.debounce));
  }

  /** Whether all of it was put in place whole, so that no writer can be at work on it. */
  isReplacement(): boolean {
    return !this.#writtenInPlace && this.#isReplaced;
  }

  /** The files that somebody may still be writing. */
  suspects(): FileStamp[] {
    if (this.isReplacement()) return [];
    const changed = changedFiles(this.rest, this.#seen).flatMap((file) => file.after ?? []);
    // Hints without a difference: a writer may have opened the file and written what was there already.
    return changed.length > 0 || this.#seen.size > 1 ? changed : [...this.#seen.values()];
  }

  /**
   * Whether a replacement cannot be the beginning of a new file, which is still being written under the name of the old
   * one: for that the name has to go first and to come again, of which the system tells twice.
   */
  get #isRenamedOver(): boolean {
    return TELLS_OF_EACH_NAME && this.#renames === 1;
  }

  #quietAt(complete: boolean): number {
    const last = this.#lastSign();
    if (this.options.debounceIsExplicit) return last + this.options.debounce;
    if (!this.isReplacement()) return last + this.#inPlaceQuiet();
    if (complete && this.#isRenamedOver) return last;
    const quiet = Math.min(REPLACEMENT_QUIET, this.options.debounce);
    const groupQuiet = Math.min(this.#lastNeighbour + quiet, this.startedAt + this.options.debounce);
    return Math.max(last + quiet, groupQuiet);
  }

  #lastSign(): number {
    return Math.max(this.#lastHint, this.#seenSince);
  }

  #inPlaceQuiet(): number {
    const { debounce } = this.options;
    const pausing = this.#growths > 1 ? this.#longestPause * PAUSE_FACTOR : 0;
    const cutOff = this.#isCutOff ? debounce * CUT_OFF_FACTOR : 0;
    return Math.max(debounce, pausing, cutOff);
  }
}

function grew(earlier: Fingerprint, later: Fingerprint): boolean {
  return changedFiles(earlier, later).some(
    ({ before, after }) => before && after && before.inode === after.inode && before.size < after.size,
  );
}

function isCutOff(rest: Fingerprint, seen: Fingerprint): boolean {
  return changedFiles(rest, seen).some(
    (file) => file.before && file.after && file.after.size < file.before.size * CUT_OFF_BELOW,
  );
}
