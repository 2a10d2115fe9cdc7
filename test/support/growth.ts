/** The most measurements of each size: other work of the machine disturbs some of them. */
const ROUNDS = 5;

/** Four times the size takes linear work about four times as long, and quadratic work sixteen times. */
export const LINEAR = 8;

/**
 * Returns how many times more CPU time `run` takes with the `large` input than with the `small` one, which has a quarter
 * of its size: the least of several measurements each. It ends as soon as the result is below `LINEAR`. `run` may be
 * asynchronous.
 */
export async function growth<T>(run: (input: T) => unknown, small: T, large: T): Promise<number> {
  const least = { small: Infinity, large: Infinity };
  for (let round = 0; round < ROUNDS; round += 1) {
    least.small = Math.min(least.small, await timeOf(() => run(small)));
    least.large = Math.min(least.large, await timeOf(() => run(large)));
    if (least.large / least.small < LINEAR) break;
  }
  return least.large / least.small;
}

/** Returns the CPU time of a run, of all threads, in microseconds; at least one millisecond, which GC alone may take. */
async function timeOf(run: () => unknown): Promise<number> {
  const start = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(start);
  return Math.max(user + system, 1000);
}
