import { describe, expect, it } from 'vitest';
import { Snapshot } from '../../lib/snapshot/snapshot.js';
import { collectGarbage } from '../support/collect-garbage.js';

// A spec of its own: with mutants, each line counts how often it runs, which allocates.
describe('A snapshot', () => {
  it.each(['llm.model', 'llm.missing'])('allocates nothing where %s is read again', async (path) => {
    const snapshot = new Snapshot({
      version: 1,
      hash: 'abc',
      time: new Date(),
      cause: 'boot',
      value: { llm: { model: 'small' } },
    });
    const readOften = () => {
      for (let read = 0; read < 100_000; read += 1) snapshot.get(path);
    };
    const allocatedBy = async () => {
      await collectGarbage();
      const before = process.memoryUsage().heapUsed;
      readOften();
      return process.memoryUsage().heapUsed - before;
    };
    readOften();
    const allocated = [await allocatedBy(), await allocatedBy(), await allocatedBy()];
    // One object a read would be 1.6 MB at least.
    expect(Math.min(...allocated)).toBeLessThan(400_000);
  });
});
