import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Fingerprint } from '../../lib/watch/fingerprint.js';
import { SettleTracker, type FindWriters, type SettleOptions } from '../../lib/watch/settle-tracker.js';
import { FakeFile } from './support/fake-file.js';

const noWriters: FindWriters = async () => new Set();

describe('Settling', () => {
  let tracker: SettleTracker;
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    tracker.close();
    vi.useRealTimers();
  });

  function setUp(options: Partial<SettleOptions> = {}, findWriters: FindWriters = noWriters): FakeFile {
    tracker = new SettleTracker(
      { debounce: 50, debounceIsExplicit: false, maxWait: 5_000, ...options },
      findWriters,
    );
    return another();
  }

  function another(): FakeFile {
    const file = new FakeFile();
    tracker.track(file, file.fingerprint);
    return file;
  }

  /** Advances the clock by `time`. Returns the times since `start` at which the file settled. */
  async function settledAfter(file: FakeFile, start: number, time = 1_000): Promise<number[]> {
    await vi.advanceTimersByTimeAsync(time);
    return file.settlings.map(({ at }) => at - start);
  }

  it('waits for the debounce after a file was written in place', async () => {
    const file = setUp();
    const start = performance.now();
    file.write();
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, start)).toEqual([50]);
  });

  it('does not wait if all watched files were replaced by rename', async () => {
    const file = setUp();
    const sibling = another();
    const start = performance.now();
    file.replace();
    tracker.noteEvent(file, false);
    expect(await settledAfter(file, start, 5)).toEqual([]); // the other one may follow
    sibling.replace();
    tracker.noteEvent(sibling, false);
    expect(await settledAfter(sibling, start, 0)).toEqual([5]);
    expect(await settledAfter(file, start, 100)).toEqual([5]);
  });

  it('waits 10 ms if one of several files was replaced', async () => {
    const file = setUp();
    another();
    const start = performance.now();
    file.replace();
    tracker.noteEvent(file, false);
    expect(await settledAfter(file, start)).toEqual([10]);
  });

  it('waits for the debounce if a new file is written under the old name', async () => {
    const file = setUp();
    const start = performance.now();
    file.replace();
    tracker.noteEvent(file, false); // the old name is removed
    tracker.noteEvent(file, false); // and created again
    await vi.advanceTimersByTimeAsync(1);
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, start)).toEqual([51]);
  });

  it.each([
    ['empty', (file: FakeFile) => file.replace(0)],
    ['gone', (file: FakeFile) => file.remove()],
  ])('waits for the debounce if a replaced file is %s', async (_, change) => {
    const file = setUp();
    const start = performance.now();
    change(file);
    tracker.noteEvent(file, false);
    const [after] = await settledAfter(file, start);
    expect(after).toBeGreaterThanOrEqual(50);
  });

  it('waits for events next to a replaced file, but not longer than the debounce', async () => {
    const file = setUp();
    another();
    const start = performance.now();
    file.replace();
    tracker.noteEvent(file, false);
    for (let events = 0; events < 20; events += 1) {
      await vi.advanceTimersByTimeAsync(5);
      tracker.noteNeighborEvent(file);
    }
    expect(await settledAfter(file, start)).toEqual([50]);
  });

  it('ignores events next to the target while no change is in progress', async () => {
    const file = setUp();
    tracker.noteNeighborEvent(file);
    expect(await settledAfter(file, 0)).toEqual([]);
    expect(file.scans).toBe(0);
  });

  it('restarts the debounce at every event', async () => {
    const file = setUp();
    const start = performance.now();
    for (let events = 0; events < 5; events += 1) {
      file.write();
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(40);
    }
    expect(await settledAfter(file, start)).toEqual([4 * 40 + 50]);
  });

  it('restarts the debounce if the scan at its end finds another change', async () => {
    const file = setUp();
    const start = performance.now();
    file.write();
    tracker.noteEvent(file, true);
    await vi.advanceTimersByTimeAsync(30);
    file.write();
    expect(await settledAfter(file, start)).toEqual([100]);
  });

  it('settles after an event even without a difference, since a reader may have seen one in between', async () => {
    const file = setUp();
    const start = performance.now();
    tracker.noteEvent(file, false);
    expect(await settledAfter(file, start)).toEqual([50]);
  });

  it('settles after a check only if there is a difference', async () => {
    const file = setUp();
    await tracker.check(file, 'poll');
    expect(await settledAfter(file, 0)).toEqual([]);
    const start = performance.now();
    file.replace();
    await tracker.check(file, 'poll');
    // No event shows how it was replaced, so it is treated as written in place.
    expect(await settledAfter(file, start)).toEqual([50]);
  });

  it('settles shortly before maxWait, in a moment without a write, if changes continue', async () => {
    const file = setUp({ maxWait: 300 });
    const start = performance.now();
    for (let writes = 0; writes < 40; writes += 1) {
      file.write();
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(file.settlings.map(({ at }) => at - start)).toEqual([270]);
    expect(await settledAfter(file, start)).toEqual([270, 390 + 50]);
  });

  it('waits for a moment without a write until maxWait', async () => {
    const file = setUp({ maxWait: 300 });
    const start = performance.now();
    for (let writes = 0; writes < 96; writes += 1) {
      file.write();
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(3);
    }
    expect(file.settlings).toEqual([]);
    expect(await settledAfter(file, start)).toEqual([285 + 5]);
  });

  it('settles after maxWait even during writes', async () => {
    const file = setUp({ maxWait: 300 });
    const start = performance.now();
    for (let writes = 0; writes < 120; writes += 1) {
      file.write();
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(3);
    }
    expect(file.settlings.map(({ at }) => at - start)).toEqual([300]);
  });

  it('leaves to a reload the part of maxWait that a change has not waited for, until a reload reads it', async () => {
    const file = setUp({ maxWait: 300 });
    expect(tracker.writeActivity.patience).toBe(300);
    file.write();
    tracker.noteEvent(file, true);
    await vi.advanceTimersByTimeAsync(50);
    expect(tracker.writeActivity.patience).toBe(250);
    for (let writes = 0; writes < 120; writes += 1) {
      file.write();
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(3);
    }
    expect(tracker.writeActivity).toMatchObject({ patience: 0, inProgress: true });
    tracker.writeActivity.startReading();
    expect(tracker.writeActivity.patience).toBe(300);
  });

  it('does not settle a target that has just started to change when another one reaches maxWait', async () => {
    const file = setUp({ maxWait: 300 });
    const late = another();
    const start = performance.now();
    for (let writes = 0; writes < 29; writes += 1) {
      file.write();
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(10);
    }
    late.write();
    tracker.noteEvent(late, true);
    await vi.advanceTimersByTimeAsync(6);
    expect([file.settlings.length, late.settlings.length]).toEqual([1, 0]);
    expect(await settledAfter(late, start)).toEqual([290 + 50]);
  });

  it('waits at most 100 ms longer than maxWait if a scan hangs', async () => {
    const file = setUp({ maxWait: 300 });
    const hanging = another();
    hanging.scan = () => new Promise<Fingerprint>(() => {});
    const start = performance.now();
    file.write();
    tracker.noteEvent(file, true);
    tracker.noteEvent(hanging, true);
    expect(await settledAfter(file, start)).toEqual([400]);
  });

  it('waits while a writer has the file open, and settles when it is closed', async () => {
    let closedAt = Infinity;
    const file = setUp(
      {},
      async (files) => new Set(performance.now() < closedAt ? files.map((f) => f.inode) : []),
    );
    const start = performance.now();
    closedAt = start + 420;
    file.write();
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, start)).toEqual([450]);
  });

  it('waits for a writer at most maxWait', async () => {
    const file = setUp({ maxWait: 500 }, async (files) => new Set(files.map((f) => f.inode)));
    const start = performance.now();
    file.write();
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, start, 2_000)).toEqual([500]);
    file.write();
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, start, 2_000)).toEqual([500, 2_500]);
  });

  it('looks for writers each time before it settles, even if timers fire a little early', async () => {
    const file = setUp({ maxWait: 60_000 }, async (files) => new Set(files.map((f) => f.inode)));
    const ofTimers = performance.now.bind(performance);
    let [now, calls] = [0, 0];
    // Some µs behind the timers, by a varying amount, and advancing while their callbacks run.
    vi.spyOn(performance, 'now').mockImplementation(() => {
      calls += 1;
      return (now = Math.max(now + 0.002, ofTimers() - (calls % 7) * 0.003));
    });
    onTestFinished(() => void vi.restoreAllMocks());
    file.write();
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, 0, 50_000)).toEqual([]);
  });

  it('does not look for writers of a replaced file', async () => {
    const findWriters = vi.fn<FindWriters>(noWriters);
    const file = setUp({}, findWriters);
    file.replace();
    tracker.noteEvent(file, false);
    await settledAfter(file, 0);
    expect(findWriters).not.toHaveBeenCalled();
  });

  it('keeps waiting if an event arrives during the search for writers', async () => {
    const file = setUp({}, async () => {
      if (performance.now() - start < 60) {
        file.write();
        tracker.noteEvent(file, true);
      }
      return new Set();
    });
    const start = performance.now();
    file.write();
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, start)).toEqual([100]);
  });

  it('waits four times the debounce if a file was cut off', async () => {
    const file = setUp();
    const start = performance.now();
    file.write(74);
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, start)).toEqual([200]);
    file.write(70);
    tracker.noteEvent(file, true);
    expect(await settledAfter(file, start)).toEqual([200, 1_050]);
  });

  it('waits twice the longest pause of a writer that appends in chunks', async () => {
    const file = setUp();
    const start = performance.now();
    for (const [size, pause] of [
      [10, 45],
      [20, 40],
      [90, 0],
    ] as const) {
      file.write(size);
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(pause);
    }
    // From 100 to 10 is not a growth; the only pause between growths is 40.
    expect(await settledAfter(file, start)).toEqual([45 + 40 + 80]);
  });

  it('settles all pending changes in one round', async () => {
    const file = setUp();
    const late = another();
    const start = performance.now();
    file.replace();
    tracker.noteEvent(file, false);
    await vi.advanceTimersByTimeAsync(8);
    late.write();
    tracker.noteEvent(late, true);
    expect(await settledAfter(file, start)).toEqual([58]);
    expect(await settledAfter(late, start)).toEqual([58]);
  });

  describe('with an explicit debounce', () => {
    it.each([
      ['replaced', (file: FakeFile) => file.replace(), false],
      ['written in place', (file: FakeFile) => file.write(), true],
      ['cut off', (file: FakeFile) => file.write(1), true],
    ])('waits exactly that long if a file is %s', async (_, change, written) => {
      const file = setUp({ debounce: 120, debounceIsExplicit: true });
      const start = performance.now();
      change(file);
      tracker.noteEvent(file, written);
      tracker.noteNeighborEvent(file);
      expect(await settledAfter(file, start)).toEqual([120]);
    });

    it('settles at once if it is 0, but still waits for a writer', async () => {
      let isOpen = true;
      const file = setUp({ debounce: 0, debounceIsExplicit: true }, async (files) =>
        isOpen ? new Set(files.map((f) => f.inode)) : new Set(),
      );
      file.write();
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(100);
      expect(file.settlings).toEqual([]);
      isOpen = false;
      await vi.advanceTimersByTimeAsync(20);
      expect(file.settlings).toHaveLength(1);
    });
  });

  describe('after a round', () => {
    it('checks again, and marks a change it finds as not announced', async () => {
      const file = setUp();
      const start = performance.now();
      file.write();
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(60);
      file.write();
      expect(await settledAfter(file, start)).toEqual([50, 150]);
      expect(file.settlings.map(({ announced }) => announced)).toEqual([true, false]);
    });

    it('checks many files again once: who reads them looks at all of them as well', async () => {
      const few = setUp();
      const many = another();
      many.write();
      const [stamp] = many.fingerprint.values();
      const names = Array.from({ length: 150 }, (_, index) => [`${index}`, stamp!] as const);
      vi.spyOn(many, 'fingerprint', 'get').mockReturnValue(new Map(names));
      for (const file of [few, many]) tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(60);
      const [ofFew, ofMany] = [few, many].map((file) => vi.spyOn(file, 'scan'));
      await vi.advanceTimersByTimeAsync(1_000);
      expect(ofFew).toHaveBeenCalledTimes(2);
      expect(ofMany).toHaveBeenCalledTimes(1);
    });

    it('marks a change as announced if its event comes late', async () => {
      const file = setUp();
      file.write();
      await tracker.check(file, 'safety check');
      await vi.advanceTimersByTimeAsync(20);
      tracker.noteEvent(file, true);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(file.settlings.map(({ announced }) => announced)).toEqual([true]);
    });
  });

  it('does not settle a target that is no longer tracked', async () => {
    const file = setUp();
    const other = another();
    file.write();
    tracker.noteEvent(file, true);
    tracker.untrack(file);
    tracker.untrack(file);
    tracker.noteEvent(file, true);
    await tracker.check(file, 'poll');
    other.write();
    tracker.noteEvent(other, true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(file.settlings).toEqual([]);
    expect(other.settlings).toHaveLength(1);
  });

  it('settles nothing after it was closed, and leaves no timer', async () => {
    const file = setUp();
    file.write();
    tracker.noteEvent(file, true);
    await vi.advanceTimersByTimeAsync(60);
    expect(file.settlings).toHaveLength(1);
    file.write();
    tracker.noteEvent(file, true);
    tracker.close();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(file.settlings).toHaveLength(1);
  });
});
