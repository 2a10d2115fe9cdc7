import type { WatchTarget } from './file-watch.interface.js';
import { MountPoints } from '../util/mount-points.js';
import { ThisTurn } from '../util/this-turn.js';

/** The number of changes without an event after which a target is polled. */
const MISSES_UNTIL_POLLED = 3;

export interface PollableTarget {
  readonly target: WatchTarget;
  readonly isClosed: boolean;
  /** Stops listening to events. */
  startPolling(): void;
  check(reason: 'poll'): Promise<void>;
}

/** Polls the targets whose events are disabled or unreliable, and decides which targets these are. */
export class PollingFallback {
  readonly #polled = new Set<PollableTarget>();
  readonly #warned = new Set<string>();
  /** Thousands of files may start to be watched at once. */
  readonly #mountPoints = new ThisTurn(() => new MountPoints());
  #timer: NodeJS.Timeout | undefined;

  constructor(
    /** In ms. */
    private readonly interval: number,
    private readonly warn: (message: string) => void,
  ) {}

  start(target: PollableTarget): void {
    target.startPolling();
    this.#polled.add(target);
    this.#timer ??= setInterval(() => this.#poll(), Math.max(1, this.interval)).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Polls a file that is a mount point: its directory gets no event for it, not even for a write through the mount.
   *
   * @param path real path of the file
   */
  startIfMounted(target: PollableTarget, path: string): void {
    if (!this.#mountPoints.value.has(path)) return;
    const reason =
      'it is mounted as a single file (a bind mount or a Kubernetes subPath), so a replacement by rename is never' +
      ' visible: mount its directory instead';
    this.#fallBack(target, reason, `MOUNT ${path}`);
  }

  /** Polls a target that cannot be watched. */
  watchFailed(target: PollableTarget, message: string, code: string): void {
    this.#fallBack(target, `it cannot be watched (${message})`, code);
  }

  /** Polls a target if too many of its changes had no event. */
  changeMissed(target: PollableTarget, misses: number): void {
    if (misses !== MISSES_UNTIL_POLLED) return;
    const reason = `no file system event reported ${misses} of its changes`;
    this.#fallBack(target, reason, `MISSED ${target.target.path}`);
  }

  /** Warns once for each cause. */
  #fallBack(target: PollableTarget, reason: string, cause: string): void {
    if (target.isClosed) return;
    this.start(target);
    if (this.#warned.has(cause)) return;
    this.#warned.add(cause);
    this.warn(`${target.target.path} is now polled every ${this.interval} ms: ${reason}.`);
  }

  #poll(): void {
    for (const target of this.#polled) {
      if (target.isClosed) this.#polled.delete(target);
      // Not awaited: on a dead network mount a check may hang, and must not end the polling of the others.
      else void target.check('poll');
    }
  }
}
