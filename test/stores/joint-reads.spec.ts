import { describe, expect, it } from 'vitest';
import { JointReads } from '../../lib/stores/contract/joint-reads.js';
import { Gate } from '../support/gate.js';

const entryOf = (key: string) => ({ key, value: `value of ${key}`, revision: '1' });
const keysFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => `key-${first + index}`);

describe('Reads of many keys at the same time', () => {
  it('are made together, at most 100 keys at once, and each gets its own entry', async () => {
    const asked: number[] = [];
    const reads = new JointReads(async (keys) => {
      asked.push(keys.length);
      return new Map(keys.filter((key) => key !== 'key-7').map((key) => [key, entryOf(key)]));
    });
    const keys = keysFrom(0, 250);
    const entries = await Promise.all(keys.map((key) => reads.get(key)));
    expect(asked).toEqual([100, 100, 50]);
    expect(entries).toEqual(keys.map((key) => (key === 'key-7' ? undefined : entryOf(key))));
  });

  it('read a key once that is asked for twice', async () => {
    const asked: string[] = [];
    const reads = new JointReads(async (keys) => {
      asked.push(...keys);
      return new Map(keys.map((key) => [key, entryOf(key)]));
    });
    expect(await Promise.all([reads.get('a'), reads.get('a')])).toEqual([entryOf('a'), entryOf('a')]);
    expect(asked).toEqual(['a']);
  });

  it('read again for a call that comes while a read is under way: the content may have changed since', async () => {
    let count = 0;
    const gate = new Gate();
    const reads = new JointReads(async (keys) => {
      count += 1;
      if (count === 1) await gate.wait();
      return new Map(keys.map((key) => [key, { ...entryOf(key), revision: String(count) }]));
    });
    const first = reads.get('a');
    await new Promise(setImmediate);
    const second = reads.get('a');
    await new Promise(setImmediate);
    gate.open();
    expect((await second)?.revision).toBe('2');
    await first;
  });

  it('all fail with the first that fails, and work again afterwards', async () => {
    let isDown = true;
    let count = 0;
    const reads = new JointReads(async (keys) => {
      count += 1;
      if (isDown) throw new Error('no answer');
      return new Map(keys.map((key) => [key, entryOf(key)]));
    });
    const outcomes = await Promise.allSettled(keysFrom(0, 1_000).map((key) => reads.get(key)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(count).toBeLessThanOrEqual(2);
    isDown = false;
    expect(await reads.get('a')).toEqual(entryOf('a'));
  });
});
