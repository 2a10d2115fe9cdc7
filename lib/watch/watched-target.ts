import type { RawEvent } from './directory-watch.js';
import type { DirectoryListener, DirectoryWatches } from './directory-watches.js';
import type { WatchTarget } from './file-watch.interface.js';
import type { Fingerprint } from './fingerprint.js';
import type { ThisTurn } from '../util/this-turn.js';
import type { PollableTarget, PollingFallback } from './polling-fallback.js';
import type { CheckReason, SettleTarget, SettleTracker } from './settle-tracker.js';
import { Suspects } from './suspects.js';
import { containsTarget, type RelevantDirectory } from './relevant-directories.js';
import type { ScanMoment } from './scan-moment.js';
import { isIncluded, scanTarget, type TargetScan } from './target-scan.js';

/** The parts of the watcher that a target uses. */
export interface WatchedTargetParts {
  readonly tracker: SettleTracker;
  readonly directories: DirectoryWatches;
  readonly polling: PollingFallback;
  /** The present, which all scans of a turn share. */
  readonly now: ThisTurn<ScanMoment>;
  /** Called when a change has settled that no event reported. */
  readonly missed: (path: string) => void;
}

/** Connects one target with the directories whose events concern it, and with the tracker that waits until it settles. */
export class WatchedTarget implements SettleTarget, PollableTarget, DirectoryListener {
  /** `true` if the target is checked on an interval instead of listening to events. */
  isPolled = false;
  isClosed = false;
  #misses = 0;
  #hasOtherNames = false;
  #isStarting = true;
  /** What the last look at everything in a directory has found. */
  #last: TargetScan | undefined;
  readonly #suspects = new Suspects();

  constructor(
    readonly target: WatchTarget,
    readonly onSettled: (files?: readonly string[]) => void,
    readonly parts: WatchedTargetParts,
  ) {}

  get isOneFile(): boolean {
    return this.target.kind === 'file';
  }

  /** Resolves when every change from now on will be noticed. */
  async start(): Promise<void> {
    const first = await this.#scanAll();
    const file = this.isOneFile ? first.fingerprint.get('') : undefined;
    if (file !== undefined) this.parts.polling.startIfMounted(this, file.path);
    if (this.isClosed) return;
    this.parts.tracker.track(this, first.fingerprint);
    if (!this.isPolled) await this.parts.directories.subscribe(this, first.directories);
    // No event reports changes between the first scan and now.
    this.#isStarting = false;
    await this.check('new watch');
  }

  /** Scans the target, and settles it if it differs. */
  check(reason: CheckReason): Promise<void> {
    return this.parts.tracker.check(this, reason);
  }

  startPolling(): void {
    this.isPolled = true;
    this.parts.directories.unsubscribe(this);
  }

  close(): void {
    this.isClosed = true;
    this.parts.tracker.untrack(this);
    this.parts.directories.unsubscribe(this);
  }

  lookAtAll(): void {
    this.#suspects.suspectAllOnce();
  }

  async scan(): Promise<Fingerprint> {
    const rescanned = await this.#suspects.rescan();
    if (rescanned !== undefined) return rescanned;
    const { fingerprint, directories } = await this.#scanAll();
    // Directories are added and removed, and links changed: each scan may find others to watch.
    if (!this.isClosed && !this.isPolled) void this.parts.directories.subscribe(this, directories);
    return fingerprint;
  }

  settled(announced: boolean): void {
    const { files } = this.#suspects;
    this.#suspects.clear();
    if (!announced && !this.isPolled) this.#miss();
    // Not an empty list: a source may pass what it gets to `changed()`, as its hint.
    this.onSettled(files.length === 0 ? undefined : files);
  }

  onEvent(directory: RelevantDirectory, event: RawEvent, name: string | undefined): void {
    const { tracker } = this.parts;
    const kind = name === undefined ? 'directory' : directory.names.get(name);
    if (kind !== undefined) {
      this.#suspects.suspectAll();
      return tracker.noteEvent(this, event === 'changed' && kind === 'file');
    }
    if (directory.prefix === undefined) {
      if (containsTarget(directory)) tracker.noteNeighborEvent(this);
      // It may have been written under another of its names.
      if (event === 'changed' && this.#hasOtherNames) void this.check('new watch');
    } else if (isIncluded(this.target, directory.prefix + name)) {
      this.#suspects.suspect(directory.prefix + name, directory.identity);
      tracker.noteEvent(this, event === 'changed');
    } else {
      tracker.noteNeighborEvent(this);
      // It may be a directory that contains files of the target.
      if (this.target.recursive && event === 'renamed') void this.check('new watch');
    }
  }

  onReady(): void {
    // The check at the end of the start is about all watches.
    if (!this.#isStarting) void this.check('new watch');
  }

  onError(directory: RelevantDirectory, error: NodeJS.ErrnoException): void {
    const code = error.code ?? error.name;
    // The directories above are watched only because they could be swapped. Polling is not needed if one is unreadable.
    const isUnreadable = code === 'EACCES' || code === 'EPERM';
    if (isUnreadable && !containsTarget(directory)) return;
    this.parts.polling.watchFailed(this, error.message, code);
  }

  async #scanAll(): Promise<TargetScan> {
    const scan = await scanTarget(this.target, () => this.isClosed, this.parts.now.value, this.#last);
    if (!this.isOneFile) this.#last = scan;
    this.#suspects.found(scan.fingerprint);
    this.#hasOtherNames = scan.fingerprint.get('')?.hasOtherNames ?? false;
    return scan;
  }

  #miss(): void {
    this.#misses += 1;
    this.parts.missed(this.target.path);
    // Perhaps only this watch has stopped reporting events.
    this.parts.directories.renew(this);
    this.parts.polling.changeMissed(this, this.#misses);
  }
}
