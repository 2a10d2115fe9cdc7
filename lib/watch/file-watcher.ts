import { DirectoryWatches } from './directory-watches.js';
import type { FileWatch, WatchHandle, WatchTarget } from './file-watch.interface.js';
import { isMountPoint } from './mounts.js';
import { OpenWriters } from './open-writers.js';
import { PathWalk } from './path-walk.js';
import { Poll } from './poll.js';
import { Settling } from './settling.js';
import type { WriteActivity } from './write-activity.interface.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import { WatchedTarget, type TargetOwner } from './watched-target.js';
import { resolveWatchOptions, type ResolvedWatchOptions, type WatchOptions } from './watch-options.js';

/** Whom a watcher tells what nobody asked for. */
export interface FileWatcherEvents {
  /** Something an operator should know; said once for each cause. */
  warn(message: string): void;
  /** A change of this path came to rest that no event had announced. */
  onMissed?(path: string): void;
  /** The safety poll has looked at everything; the moment to compare content as well. */
  onAudit?(): void;
}

/** How a watcher is doing. */
export interface FileWatcherStatus {
  /** The paths of all targets. */
  readonly watched: string[];
  /** Those of them that are looked at on an interval, events not being available or reliable. */
  readonly polling: string[];
  /** How many changes no event announced. */
  readonly missedEvents: number;
  /** When watching began, in ms since the epoch. */
  readonly since: number;
}

/**
 * Watches files for all sources of an app. Events of the file system are hints to look; what looks see settles, and the
 * safety poll finds what neither told.
 */
export class FileWatcher implements FileWatch {
  readonly #options: ResolvedWatchOptions;
  readonly #events: FileWatcherEvents;
  readonly #settling: Settling;
  readonly #directories = new DirectoryWatches();
  readonly #targets = new Set<WatchedTarget>();
  readonly #beginning = new Set<Promise<void>>();
  readonly #warned = new Set<string>();
  readonly #safetyPoll: Poll;
  readonly #poll: Poll;
  readonly #since = Date.now();
  #missedEvents = 0;
  #closed = false;

  constructor(options: WatchOptions, events: FileWatcherEvents) {
    this.#options = resolveWatchOptions(options);
    this.#events = events;
    this.#settling = new Settling(this.#options, new OpenWriters().find);
    this.#safetyPoll = new Poll(this.#options.safetyPoll, () => void this.#audit());
    this.#poll = new Poll(Math.max(1, this.#options.pollInterval), () => this.#lookAtPolled());
    this.#safetyPoll.start();
  }

  /**
   * Begins to watch a target. Resolves when every change from then on will be noticed.
   *
   * @throws Error after `close`.
   */
  async watch(target: WatchTarget, onSettled: () => void): Promise<WatchHandle> {
    if (this.#closed) throw new Error(`Cannot watch ${target.path}: the watcher is closed.`);
    const watched = new WatchedTarget(target, () => this.#call(target, onSettled), this.#owner);
    this.#targets.add(watched);
    if (this.#options.usePolling) this.#startPolling(watched);
    await this.#begin(watched);
    return {
      close: () => {
        this.#targets.delete(watched);
        watched.close();
      },
    };
  }

  /** Resolves when all targets given so far are being watched. */
  async ready(): Promise<void> {
    await Promise.all(this.#beginning);
  }

  /** Whether the targets change, as far as events have told. */
  get writeActivity(): WriteActivity {
    return this.#settling.writeActivity;
  }

  status(): FileWatcherStatus {
    const targets = [...this.#targets];
    return {
      watched: targets.map(({ target }) => target.path),
      polling: targets.filter(({ polled }) => polled).map(({ target }) => target.path),
      missedEvents: this.#missedEvents,
      since: this.#since,
    };
  }

  /** Ends everything. No call comes after it; when it resolves, no handle or timer is left but of what hangs. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#safetyPoll.stop();
    this.#poll.stop();
    for (const target of this.#targets) target.close();
    this.#targets.clear();
    this.#settling.close();
    await waitAtMost(HANG_TIMEOUT, this.ready());
    await waitAtMost(HANG_TIMEOUT, this.#directories.close());
  }

  get #owner(): TargetOwner {
    return {
      settling: this.#settling,
      directories: this.#directories,
      demote: (target, why, code) => this.#demote(target, why, code),
      missed: ({ target }) => {
        this.#missedEvents += 1;
        this.#events.onMissed?.(target.path);
      },
    };
  }

  async #begin(watched: WatchedTarget): Promise<void> {
    const begun = this.#pollMountedFile(watched).then(() => watched.begin());
    this.#beginning.add(begun);
    await begun.finally(() => this.#beginning.delete(begun));
  }

  // The directory of a mounted file hears nothing of it, not even what is written in place through the mount.
  async #pollMountedFile(watched: WatchedTarget): Promise<void> {
    if (watched.target.kind !== 'file') return;
    const end = await new PathWalk().resolve(watched.target.path);
    if (end.kind !== 'file' || !(await isMountPoint(end.path))) return;
    const why =
      'it is mounted as a single file (a bind mount or a Kubernetes subPath), which never shows a replacement by' +
      ' rename: mount its directory instead';
    this.#demote(watched, why, `MOUNT ${end.path}`);
  }

  #demote(watched: WatchedTarget, why: string, code: string): void {
    if (!this.#targets.has(watched)) return;
    this.#startPolling(watched);
    const cause = code === 'MISSED' ? `${code} ${watched.target.path}` : code;
    if (this.#warned.has(cause)) return;
    this.#warned.add(cause);
    this.#events.warn(
      `${watched.target.path} is looked at every ${this.#options.pollInterval} ms from now on: ${why}.`,
    );
  }

  #startPolling(watched: WatchedTarget): void {
    watched.poll();
    this.#poll.start();
  }

  // Not awaited: on a dead network mount a look may hang, and must not end the polling of the others.
  #lookAtPolled(): void {
    for (const target of this.#targets) {
      if (target.polled) void this.#settling.suspect(target, 'poll');
    }
  }

  async #audit(): Promise<void> {
    await Promise.all([...this.#targets].map((target) => this.#settling.suspect(target, 'audit')));
    if (!this.#closed) this.#events.onAudit?.();
  }

  /** A source's error is not the watcher's, and must not keep the other sources of the round from being told. */
  #call(target: WatchTarget, onSettled: () => void): void {
    try {
      onSettled();
    } catch (error) {
      this.#events.warn(`The source that watches ${target.path} failed: ${String(error)}`);
    }
  }
}
