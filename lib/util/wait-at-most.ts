/** How long, in ms, it is waited for what may hang, such as a dead network mount or a source that does not answer. */
export const HANG_TIMEOUT = 5_000;

/** Waits for some work, though not longer than so many ms. Whether it is done. Keeps no process alive. */
export async function waitAtMost(time: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const outOfTime = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, time, false);
    timer.unref();
  });
  try {
    return await Promise.race([work.then(() => true), outOfTime]);
  } finally {
    clearTimeout(timer);
  }
}
