/** Waits for some work, though not longer than so many ms. Keeps no process alive. */
export async function within(time: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const outOfTime = new Promise((resolve) => {
    timer = setTimeout(resolve, time);
    timer.unref();
  });
  await Promise.race([work, outOfTime]);
  clearTimeout(timer);
}
