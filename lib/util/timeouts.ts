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

/**
 * Runs `work` and rejects if it takes longer than `ms`; its signal is aborted then. The work itself is not stopped; a
 * later failure of it is not reported.
 */
export async function withTimeout<R>(ms: number, work: (signal: AbortSignal) => R): Promise<Awaited<R>> {
  const controller = new AbortController();
  let stop: (() => void) | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    const expire = () => {
      const error = new Error(`no answer within ${ms} ms`);
      controller.abort(error);
      reject(error);
    };
    stop = startTimeout(ms, expire, true);
  });
  try {
    return await Promise.race([Promise.resolve().then(() => work(controller.signal)), timeout]);
  } finally {
    stop?.();
  }
}

/** Rejects with the reason of the signal when that is aborted. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
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
