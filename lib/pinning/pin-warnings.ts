import type { Part } from '../model/part.interface.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import { formatDuration } from '../util/format-duration.js';
import type { Leases } from './leases.js';
import type { Pin } from './pin.js';

/** Returns whether pins remember where they were taken: only for warnings, and not in production, as it costs time. */
export function arePinsTraced(warnAfter: number, env: NodeJS.ProcessEnv): boolean {
  return warnAfter > 0 && env['NODE_ENV'] !== 'production';
}

/** Warns once of each pin that is held for a long time: it keeps an old version alive. */
export class PinWarnings implements Part {
  readonly #warned = new WeakSet<Pin>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly leases: Leases,
    private readonly logger: SafeLogger,
    /** The age of a pin that causes a warning, in ms; 0 disables warnings. */
    private readonly warnAfter: number,
  ) {}

  start(): void {
    if (this.warnAfter <= 0) return;
    this.#timer ??= setInterval(() => this.#check(), Math.max(10, this.warnAfter / 4)).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #check(): void {
    const old = performance.now() - this.warnAfter;
    for (const pin of this.leases.held) {
      if (pin.since > old || this.#warned.has(pin)) continue;
      this.#warned.add(pin);
      this.#warn(pin);
    }
  }

  #warn(pin: Pin): void {
    const age = formatDuration(performance.now() - pin.since);
    const stack = pin.takenAt;
    this.logger.warn(
      `${pin.describe()} has been holding configuration version ${pin.version} for ${age}` +
        (stack === undefined ? '' : `; it was pinned at:\n${stack}`),
    );
  }
}
