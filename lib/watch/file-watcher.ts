import { DirectoryWatches } from './directory-watches.js';
import type { FileWatch, WatchHandle, WatchTarget } from './file-watch.interface.js';
import { Looks } from './looks.js';
import { OpenWriters } from './open-writers.js';
import { PollingFallback } from './polling-fallback.js';
import { ScanMoment } from './scan-moment.js';
import { SettleTracker, type WriteActivity } from './settle-tracker.js';
import { LocalDevices } from '../util/local-directories.js';
import { ThisTurn } from '../util/this-turn.js';
import { TimeSlice } from '../util/time-slice.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import { WatchedTarget } from './watched-target.js';
import { resolveWatchOptions, type ResolvedWatchOptions, type WatchOptions } from './watch-options.js';

export interface FileWatcherEvents {
  /** Reports a problem that an operator should know, once for each cause. */
  warn(message: string): void;
  /** Called when a change of this path has settled that no event reported. */
  onMissed?(path: string): void;
  /** Called when the safety poll has checked all files: the moment to compare the content, too. */
  onSafetyPoll?(): void;
}

/**
 * Watches files for all sources of an app. File system events are hints to scan; a change that scans find is reported
 * when it has settled; the safety poll finds changes without an event.
 */
export class FileWatcher implements FileWatch {
  readonly #options: ResolvedWatchOptions;
  readonly #events: FileWatcherEvents;
  readonly #tracker: SettleTracker;
  readonly #polling: PollingFallback;
  readonly #directories = new DirectoryWatches();
  readonly #devices = new LocalDevices();
  readonly #now = new ThisTurn(() => new ScanMoment(new Looks(this.#devices)));
  readonly #targets = new Set<WatchedTarget>();
  readonly #starting = new Set<Promise<void>>();
  readonly #safetyPoll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WatchOptions, events: FileWatcherEvents) {
    this.#options = resolveWatchOptions(options);
    this.#events = events;
    this.#tracker = new SettleTracker(this.#options, new OpenWriters().find);
    this.#polling = new PollingFallback(this.#options.pollInterval, (message) => events.warn(message));
    const { safetyPoll } = this.#options;
    if (safetyPoll > 0) this.#safetyPoll = setInterval(() => void this.#checkAll(), safetyPoll).unref();
  }

  /**
   * Starts to watch a target. Resolves when every change from then on will be noticed.
   *
   * @throws Error after `close`
   */
  async watch(target: WatchTarget, onSettled: (files?: readonly string[]) => void): Promise<WatchHandle> {
    if (this.#closed) throw new Error(`Cannot watch ${target.path}: the watcher is closed.`);
    const watched = new WatchedTarget(target, (files) => this.#call(target, () => onSettled(files)), {
      tracker: this.#tracker,
      directories: this.#directories,
      polling: this.#polling,
      now: this.#now,
      missed: (path) => this.#events.onMissed?.(path),
    });
    this.#targets.add(watched);
    if (this.#options.usePolling) this.#polling.start(watched);
    const started = watched.start();
    this.#starting.add(started);
    await started.finally(() => this.#starting.delete(started));
    return {
      close: () => {
        this.#targets.delete(watched);
        watched.close();
      },
    };
  }

  /** Resolves when all targets passed so far are being watched. */
  async ready(): Promise<void> {
    await Promise.all(this.#starting);
  }

  get writeActivity(): WriteActivity {
    return this.#tracker.writeActivity;
  }

  /** The paths of all targets, and of those that are polled. */
  get paths(): { readonly watched: string[]; readonly polling: string[] } {
    const targets = [...this.#targets];
    return {
      watched: targets.map(({ target }) => target.path),
      polling: targets.filter(({ isPolled }) => isPolled).map(({ target }) => target.path),
    };
  }

  /** Ends all watches; no callback is called afterwards. Handles are closed when it resolves, except those that hang. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#safetyPoll);
    this.#polling.stop();
    for (const target of this.#targets) target.close();
    this.#targets.clear();
    this.#tracker.close();
    await waitAtMost(HANG_TIMEOUT, this.ready());
    await waitAtMost(HANG_TIMEOUT, this.#directories.close());
  }

  async #checkAll(): Promise<void> {
    const slice = new TimeSlice();
    const checks: Promise<void>[] = [];
    for (const target of this.#targets) {
      checks.push(target.check('safety check'));
      if (slice.isOver) await slice.next();
    }
    await Promise.all(checks);
    if (!this.#closed) this.#events.onSafetyPoll?.();
  }

  /** An error of one source must not keep the other sources of the round from being notified. */
  #call(target: WatchTarget, onSettled: () => void): void {
    try {
      onSettled();
    } catch (error) {
      this.#events.warn(`The source that watches ${target.path} failed: ${String(error)}`);
    }
  }
}
