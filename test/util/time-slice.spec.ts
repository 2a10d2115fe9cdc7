import { describe, expect, it } from 'vitest';
import { TimeSlice } from '../../lib/util/time-slice.js';

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
});

function work(slice: TimeSlice): void {
  while (!slice.isOver);
}
