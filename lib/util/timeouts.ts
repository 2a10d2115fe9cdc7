/** Timeout for work that may hang, such as a dead network mount or a source that does not answer, in ms. */
export const HANG_TIMEOUT = 5_000;

/**
 * Runs `work` and rejects if it takes longer than `ms`; its signal is aborted then. The work itself is not stopped; a
 * later failure of it is not reported.
 */
export async function withTimeout<R>(ms: number, work: (signal: AbortSignal) => R): Promise<Awaited<R>> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${ms} ms`);
      controller.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([Promise.resolve().then(() => work(controller.signal)), timeout]);
  } finally {
    clearTimeout(timer);
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
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false).unref();
  });
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
