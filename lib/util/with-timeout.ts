/**
 * Runs `work`, and gives up on it after `ms`: the signal is aborted and the answer rejects. What the work does after
 * that is its own affair; a late failure is not reported twice.
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
