/** Timeout for work that may hang, such as a dead network mount or a source that does not answer, in ms. */
export const HANG_TIMEOUT = 5_000;

/** Number of steps in which the time of a timeout passes. */
const STEPS = 5;

/**
 * Calls `onTimeout` after `ms`, and returns a function that prevents it. The time passes in steps: while the whole process
 * is paused (a suspended laptop, a virtual machine that is moved, a debugger), what is waited for gets no time either, and a
 * pause of any length ends one step, not the timeout.
 *
 * @param keepsAlive `false` if the timer must not keep the process alive
 */
export function startTimeout(ms: number, onTimeout: () => void, keepsAlive: boolean): () => void {
  let timer: NodeJS.Timeout;
  const wait = (steps: number) => {
    timer = setTimeout(() => (steps > 1 ? wait(steps - 1) : onTimeout()), Math.ceil(ms / STEPS));
    if (!keepsAlive) timer.unref();
  };
  wait(STEPS);
  return () => clearTimeout(timer);
}

/** Options of `withTimeout()`. */
export interface TimeoutOptions {
  /** Ends the work too, with its reason. */
  readonly signal?: AbortSignal;
  /** `false` if the timer must not keep the process alive. Default true. */
  readonly keepsAlive?: boolean;
  /** The error, before the words "within … ms". Default `no answer`. */
  readonly problem?: string;
}

/**
 * Runs `work` and rejects if it takes longer than `ms`; its signal is aborted then. The work itself is not stopped; a
 * later failure of it is not reported.
 */
export async function withTimeout<R>(
  ms: number,
  work: (signal: AbortSignal) => R,
  { signal, keepsAlive = true, problem = 'no answer' }: TimeoutOptions = {},
): Promise<Awaited<R>> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const end = () => controller.abort(signal?.reason);
  signal?.addEventListener('abort', end, { once: true });
  const expire = () => controller.abort(new Error(`${problem} within ${ms} ms`));
  const stop = startTimeout(ms, expire, keepsAlive);
  try {
    return await unlessAborted(
      controller.signal,
      Promise.resolve().then(() => work(controller.signal)),
    );
  } finally {
    stop();
    signal?.removeEventListener('abort', end);
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

/**
 * Waits for `work`, but at most for `ms`. Returns `true` if it was done in time; rejects if the work rejects in time.
 * Unlike the timer of `withTimeout`, this one does not keep the process alive.
 */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<boolean> {
  let stop: (() => void) | undefined;
  const timeout = new Promise<false>((resolve) => {
    stop = startTimeout(ms, () => resolve(false), false);
  });
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    stop?.();
  }
}
