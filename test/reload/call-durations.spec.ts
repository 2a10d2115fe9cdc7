import { describe, expect, it } from 'vitest';
import { CallDurations } from '../../lib/model/call-durations.js';

describe('The duration of a call', () => {
  it('is measured without running a query twice, which runs each time that something waits for it', async () => {
    let runs = 0;
    const query: PromiseLike<string> = {
      // oxlint-disable-next-line unicorn/no-thenable -- as query builders are
      then: (resolve, reject) => {
        runs += 1;
        return Promise.resolve('found').then(resolve, reject);
      },
    };
    const durations = new CallDurations();
    expect(await durations.measure('the validator checkOwners', () => query)).toBe('found');
    expect(runs).toBe(1);
    expect(durations.list).toMatchObject([{ name: 'the validator checkOwners' }]);
  });

  it('does not say that a call has held the event loop while another one did', async () => {
    const durations = new CallDurations();
    const first = durations.measure('the first', async () => undefined);
    durations.measure('the second', () => {
      const end = performance.now() + 50;
      while (performance.now() < end);
    });
    await first;
    const held = Object.fromEntries(durations.list.map(({ name, heldMs }) => [name, heldMs]));
    expect(held['the second']).toBeGreaterThanOrEqual(50);
    expect(held['the first']).toBeLessThan(held['the second']!);
  });

  it('counts while the call has not ended: one that hangs is the one to name', async () => {
    const durations = new CallDurations();
    let answer!: () => void;
    const call = durations.measure('a veto', () => new Promise<void>((resolve) => (answer = resolve)));
    expect(durations.list.map(({ name }) => name)).toEqual(['a veto']);
    answer();
    await call;
    expect(durations.list).toHaveLength(1);
  });

  it('counts if the call fails, at once or later', async () => {
    const durations = new CallDurations();
    const failing = (): void => {
      throw new Error('no');
    };
    expect(() => durations.measure('a schema', failing)).toThrow('no');
    await expect(durations.measure('a validator', async () => failing())).rejects.toThrow('no');
    expect(durations.list.map(({ name }) => name)).toEqual(['a schema', 'a validator']);
  });
});
