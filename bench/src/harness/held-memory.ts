/** Returns the bytes that are reachable, in the heap and outside of it. Needs --expose-gc. */
export async function heldMemory(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
