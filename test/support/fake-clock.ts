import { onTestFinished, vi } from 'vitest';

/** Replaces the clock and the timers until the test has ended; turns of the event loop and files stay real. */
export function useFakeClock(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  onTestFinished(() => void vi.useRealTimers());
}
