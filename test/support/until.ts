import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `condition` is true. Fails with `what` after a time that only a broken program needs. */
export async function until(what: string, condition: () => unknown, deadlineMs = 30_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await delay(5);
  }
}
