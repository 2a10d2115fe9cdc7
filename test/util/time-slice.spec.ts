import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { TimeSlice } from '../../lib/util/time-slice.js';

/** The time in ms. Only the specs let it pass: a machine that has much else to do must not end a slice. */
let now = 0;

beforeEach(async () => {
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  await new Promise((resolve) => setImmediate(resolve)); // the slice is one for the process: another one begins
});

describe('A slice of time', () => {
  it('is over after some ms, and others have a turn before the next one', async () => {
    const slice = new TimeSlice();
    expect(slice.isOver).toBe(false);
    work(slice);
    let hadTurn = false;
    setImmediate(() => (hadTurn = true));
    await slice.next();
    expect(hadTurn).toBe(true);
    expect(slice.isOver).toBe(false);
  });

  it('is one for all that work at the same time', async () => {
    const slice = new TimeSlice();
    work(slice);
    const worked: number[] = [];
    const turns: number[] = [];
    const worker = async (name: number) => {
      await slice.next();
      if (slice.isOver) return void turns.push(name);
      worked.push(name);
      work(slice);
    };
    await Promise.all([1, 2, 3].map(worker));
    expect(worked).toEqual([1]);
    expect(turns).toEqual([2, 3]);
  });

  it('is shared by all slices: many sources do not hold the event loop for a slice each', async () => {
    const slices = [1, 2, 3].map(() => new TimeSlice());
    work(slices[0]!);
    expect(slices.map((slice) => slice.isOver)).toEqual([true, true, true]);
    const turns = slices.map((slice) => slice.next());
    expect(new Set(turns).size).toBe(1);
    await turns[0];
    expect(slices.map((slice) => slice.isOver)).toEqual([false, false, false]);
  });

  it('begins again in each turn, also after one that was not over', async () => {
    const slice = new TimeSlice();
    expect(slice.isOver).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    now += 10;
    expect(new TimeSlice().isOver).toBe(false);
  });
});

function work(slice: TimeSlice): void {
  while (!slice.isOver) now += 1;
}
