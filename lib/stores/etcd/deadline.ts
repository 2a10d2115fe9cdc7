import { startTimeout } from '../../util/timeouts.js';
import { noAnswer } from './etcd-failure.js';

/** The end of a call, with all requests that it needs. */
export class Deadline {
  readonly #ending = new AbortController();
  readonly #stop: () => void;

  /** @param timeout in ms */
  constructor(readonly timeout: number) {
    this.#stop = startTimeout(timeout, () => this.#ending.abort(noAnswer(timeout, true)), true);
  }

  /** Aborted when it is over. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  stop(): void {
    this.#stop();
  }
}

/** Runs `work` with a deadline. */
export async function withDeadline<T>(timeout: number, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  const deadline = new Deadline(timeout);
  try {
    return await work(deadline);
  } finally {
    deadline.stop();
  }
}
