/** Measures one contestant once, and returns the figure, or several. */
export type Measure<T = number> = () => T | Promise<T>;

/**
 * Measures all contestants in turns, so that other load on the machine affects all of them, and in another order each
 * time, so that none always follows the same one.
 */
export async function interleave<T = number>(
  contestants: ReadonlyMap<string, Measure<T>>,
  rounds: number,
  warmup = 3,
): Promise<Map<string, T[]>> {
  const samples = new Map([...contestants.keys()].map((name) => [name, [] as T[]]));
  const order = [...contestants];
  for (let round = -warmup; round < rounds; round += 1) {
    for (const [name, measure] of order) {
      const figure = await measure();
      if (round >= 0) samples.get(name)!.push(figure);
    }
    order.push(order.shift()!);
    if (round % 2 === 0) order.reverse();
  }
  return samples;
}

/** Measures `calls` calls, in ns per call. Their results are added up and checked, so that the engine cannot skip them. */
export function nanoseconds(calls: number, expected: number, read: () => number): Measure {
  return () => {
    let sum = 0;
    const started = process.hrtime.bigint();
    for (let call = 0; call < calls; call += 1) sum += read();
    const took = Number(process.hrtime.bigint() - started);
    if (sum !== calls * expected) throw new Error(`read ${sum / calls} instead of ${expected}`);
    return took / calls;
  };
}
