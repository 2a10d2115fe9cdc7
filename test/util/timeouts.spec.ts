import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { waitAtMost, withTimeout } from '../../lib/util/timeouts.js';

/** Stops the whole process, as a signal, a suspended laptop or a virtual machine that is moved does. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Work that needs some turns of the event loop, during which the process is paused. */
async function pausedWork(): Promise<string> {
  await nextTurn();
  pause(300);
  for (let turn = 0; turn < 10; turn += 1) await nextTurn();
  return 'done';
}

describe('A timeout', () => {
  it('does not run out because the whole process was paused', async () => {
    expect(await waitAtMost(200, pausedWork())).toBe(true);
    expect(await withTimeout(200, pausedWork)).toBe('done');
  });

  it('runs out when its time has passed, not before', async () => {
    vi.useFakeTimers();
    try {
      const hung = new Promise<never>(() => undefined);
      const outcomes: unknown[] = [];
      void waitAtMost(5_000, hung).then((isDone) => outcomes.push(isDone));
      withTimeout(5_000, (signal) => {
        signal.addEventListener('abort', () => outcomes.push('aborted'));
        return hung;
      }).catch((error: Error) => outcomes.push(error.message));
      await vi.advanceTimersByTimeAsync(4_999);
      expect(outcomes).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(outcomes).toEqual([false, 'aborted', 'no answer within 5000 ms']);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves no timer behind when the work has ended', async () => {
    vi.useFakeTimers();
    try {
      await withTimeout(5_000, () => 'done');
      await waitAtMost(5_000, Promise.resolve());
      await expect(withTimeout(5_000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
