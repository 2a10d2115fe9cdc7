import type { RawEvent } from './directory-watch.js';
import type { DirectoryListener, DirectoryWatches } from './directory-watches.js';
import type { WatchTarget } from './file-watch.interface.js';
import type { Fingerprint } from './fingerprint.js';
import { counts, look, type Interest } from './look.js';
import type { SettleTarget } from './settle-target.interface.js';
import type { Settling } from './settling.js';

/** After so many changes that no event told of, events are not relied on any more. */
const MISSES_UNTIL_POLLED = 3;

/** What a target needs of the watcher it belongs to. */
export interface TargetOwner {
  readonly settling: Settling;
  readonly directories: DirectoryWatches;
  /** Events cannot be had for this target, or not relied on. */
  demote(target: WatchedTarget, why: string, code: string): void;
  /** A change came to rest that no event told of. */
  missed(target: WatchedTarget): void;
}

/** One target between the directories that tell of it and the settling that waits for it. */
export class WatchedTarget implements SettleTarget, DirectoryListener {
  /** Whether it is looked at on an interval instead of listening to events. */
  polled = false;
  #closed = false;
  #misses = 0;
  #hasOtherNames = false;

  constructor(
    readonly target: WatchTarget,
    readonly onSettled: () => void,
    readonly owner: TargetOwner,
  ) {}

  get isOneFile(): boolean {
    return this.target.kind === 'file';
  }

  /** Resolves when it is at rest as first seen, and every change from now on will be noticed. */
  async begin(): Promise<void> {
    const first = await look(this.target);
    if (this.#closed) return;
    this.#noteNames(first.fingerprint);
    this.owner.settling.track(this, first.fingerprint);
    if (!this.polled) await this.owner.directories.follow(this, first.places);
    // What changed since the first look was told by nobody.
    await this.owner.settling.suspect(this, 'new watch');
  }

  /** From now on it is looked at on an interval. */
  poll(): void {
    this.polled = true;
    this.owner.directories.unfollow(this);
  }

  close(): void {
    this.#closed = true;
    this.owner.settling.untrack(this);
    this.owner.directories.unfollow(this);
  }

  async look(): Promise<Fingerprint> {
    const { fingerprint, places } = await look(this.target);
    this.#noteNames(fingerprint);
    // Directories come and go, and links lead elsewhere: what is listened to follows what is seen.
    if (!this.#closed && !this.polled) void this.owner.directories.follow(this, places);
    return fingerprint;
  }

  settled(announced: boolean): void {
    if (!announced && !this.polled) this.#miss();
    this.onSettled();
  }

  event(interest: Interest, event: RawEvent, name: string | undefined): void {
    const { settling } = this.owner;
    const role = name === undefined ? 'directory' : interest.names.get(name);
    if (role !== undefined) return settling.hint(this, event === 'changed' && role === 'file');
    if (interest.listedAs === undefined) {
      if (holdsTheTarget(interest)) settling.neighbour(this);
      // It may have been written under another of its names.
      if (event === 'changed' && this.#hasOtherNames) void settling.suspect(this, 'new watch');
    } else if (counts(this.target, interest.listedAs + name)) {
      settling.hint(this, event === 'changed');
    } else {
      settling.neighbour(this);
      // It may be a directory, with files in it that count.
      if (this.target.recursive && event === 'renamed') void settling.suspect(this, 'new watch');
    }
  }

  stood(): void {
    void this.owner.settling.suspect(this, 'new watch');
  }

  failed(interest: Interest, error: NodeJS.ErrnoException): void {
    const code = error.code ?? error.name;
    // Ancestors are watched only in case they are swapped; one that may not be read is no reason to poll.
    const isUnreadable = code === 'EACCES' || code === 'EPERM';
    if (isUnreadable && !holdsTheTarget(interest)) return;
    this.owner.demote(this, `it cannot be watched (${error.message})`, code);
  }

  #noteNames(fingerprint: Fingerprint): void {
    this.#hasOtherNames = fingerprint.get('')?.hasOtherNames ?? false;
  }

  #miss(): void {
    this.#misses += 1;
    this.owner.missed(this);
    // Perhaps it is only this watch that went deaf.
    this.owner.directories.distrust(this);
    if (this.#misses === MISSES_UNTIL_POLLED) {
      this.owner.demote(this, `${this.#misses} of its changes were announced by no event`, 'MISSED');
    }
  }
}

/** Whether the target, or a link to it, is or was in that directory; else it only leads there. */
function holdsTheTarget(interest: Interest): boolean {
  return interest.listedAs !== undefined || [...interest.names.values()].some((role) => role !== 'directory');
}
