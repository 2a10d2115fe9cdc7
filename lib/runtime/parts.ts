import type { SafeLogger } from '../logging/safe-logger.js';
import type { Part } from '../model/part.interface.js';
import { Registry } from '../util/listeners.js';
import { reasonOf } from '../util/reason-of.js';
import { HANG_TIMEOUT, withTimeout } from '../util/timeouts.js';

/** Maximum time for a part to close, in ms: longer than the timeouts that it has itself for what may hang. */
const CLOSE_TIMEOUT = 3 * HANG_TIMEOUT;

/** Starts the parts of an app in their order, and closes them in reverse order. A failure of one does not stop the others. */
export class Parts extends Registry<Part> {
  #isStarted = false;

  constructor(
    parts: readonly Part[],
    private readonly logger: SafeLogger,
  ) {
    super();
    for (const part of parts) this.add(part);
  }

  /** Adds a part. It is started at once if the others are. */
  override add(part: Part): () => void {
    const remove = super.add(part);
    if (this.#isStarted) void this.#start(part);
    return remove;
  }

  async start(): Promise<void> {
    this.#isStarted = true;
    for (const part of this) await this.#start(part);
  }

  async #idle(part: Part): Promise<void> {
    try {
      await part.idle?.();
    } catch (error) {
      this.logger.warn(`A part of the configuration did not come to rest: ${reasonOf(error)}`);
    }
  }

  async #start(part: Part): Promise<void> {
    try {
      await part.start?.();
    } catch (error) {
      this.logger.error(`A part of the configuration did not start: ${reasonOf(error)}`);
    }
  }

  /** Resolves when no part has anything left to do: one may give work to another. */
  async idle(isDone: () => boolean): Promise<void> {
    // What was requested in this turn of the event loop may become a reload in the next microtask.
    await Promise.resolve();
    do for (const part of [...this].reverse()) await this.#idle(part);
    while (!isDone());
  }

  /** Never rejects: one that hangs or fails must prevent neither the shutdown nor the end of the others. */
  async close(): Promise<void> {
    for (const part of [...this].reverse()) {
      try {
        await withTimeout(CLOSE_TIMEOUT, () => part.close?.());
      } catch (error) {
        this.logger.warn(`A part of the configuration did not close: ${reasonOf(error)}`);
      }
    }
  }
}

/** A part that the options may leave out gives optional members only. */
type StatusOf<P> = P extends { status(): infer Members } ? Members : unknown;

/** The members of the status that these parts give, together. */
export type MembersOf<P extends readonly (Part | undefined)[]> = P extends readonly [
  infer First,
  ...infer Rest extends readonly (Part | undefined)[],
]
  ? StatusOf<First> & MembersOf<Rest>
  : unknown;

/** Puts the members of the status together. The compiler finds a required one that is missing. */
export function membersOf<const P extends readonly (Part | undefined)[]>(parts: P): MembersOf<P> {
  return Object.assign({}, ...parts.map((part) => part?.status?.())) as MembersOf<P>;
}
