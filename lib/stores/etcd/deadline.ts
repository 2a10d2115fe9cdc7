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

/** Waits for `work` until the signal is aborted, and rejects with its reason then. The work goes on. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop: (() => void) | undefined;
  const end = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    signal.removeEventListener('abort', stop!);
  }
}
