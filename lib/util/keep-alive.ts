// Not the global ones: the fake clock of a test would run such a timer again and again.
import { clearInterval, setInterval } from 'node:timers';

/** Longer than any wait, in ms. */
const INTERVAL = 3_600_000;

/** Waits for `work`, and keeps the process alive meanwhile: the timers of this library do not. */
export async function keepAlive<R>(work: Promise<R>): Promise<R> {
  const timer = setInterval(() => undefined, INTERVAL);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
