/** Runs whose time is measured; the fastest one counts, as other programs may use the processor meanwhile. */
const RUNS = 3;

/**
 * Returns how many times as much processor time a task takes for four times the size. It is about 4 for a linear task, and
 * about 16 for a quadratic one.
 *
 * @param prepare makes the input of a size; its time does not count
 */
export async function timeGrowth<T>(
  size: number,
  prepare: (size: number) => T | Promise<T>,
  task: (input: T) => unknown,
): Promise<number> {
  const fastest = async (input: T) => {
    let best = Infinity;
    for (let run = 0; run < RUNS; run += 1) {
      const before = process.cpuUsage();
      await task(input);
      best = Math.min(best, process.cpuUsage(before).user);
    }
    return best;
  };
  const small = await fastest(await prepare(size));
  return (await fastest(await prepare(size * 4))) / small;
}
