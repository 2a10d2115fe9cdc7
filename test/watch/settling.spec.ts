import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Fingerprint } from '../../lib/watch/fingerprint.js';
import { Settling, type FindWriters, type SettlingOptions } from '../../lib/watch/settling.js';
import { FakeFile } from './support/fake-file.js';

const nobody: FindWriters = async () => new Set();

describe('Settling', () => {
  let settling: Settling;
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    settling.close();
    vi.useRealTimers();
  });

  function begin(options: Partial<SettlingOptions> = {}, findWriters: FindWriters = nobody): FakeFile {
    settling = new Settling(
      { debounce: 50, debounceIsExplicit: false, maxWait: 5_000, ...options },
      findWriters,
    );
    return another();
  }

  function another(): FakeFile {
    const file = new FakeFile();
    settling.track(file, file.fingerprint);
    return file;
  }

  /** Runs the clock, and gives the times after which the file settled. */
  async function settledAfter(file: FakeFile, start: number, time = 1_000): Promise<number[]> {
    await vi.advanceTimersByTimeAsync(time);
    return file.settlings.map(({ at }) => at - start);
  }

  it('waits for the debounce after a file was written in place', async () => {
    const file = begin();
    const start = performance.now();
    file.write();
    settling.hint(file, true);
    expect(await settledAfter(file, start)).toEqual([50]);
  });

  it('does not wait where all that is watched was replaced by rename', async () => {
    const file = begin();
    const sibling = another();
    const start = performance.now();
    file.replace();
    settling.hint(file, false);
    expect(await settledAfter(file, start, 5)).toEqual([]); // the other one may follow
    sibling.replace();
    settling.hint(sibling, false);
    expect(await settledAfter(sibling, start, 0)).toEqual([5]);
    expect(await settledAfter(file, start, 100)).toEqual([5]);
  });

  it('waits only a little after one of several files was replaced', async () => {
    const file = begin();
    another();
    const start = performance.now();
    file.replace();
    settling.hint(file, false);
    expect(await settledAfter(file, start)).toEqual([10]);
  });

  it('waits for the debounce where a new file is written into', async () => {
    const file = begin();
    const start = performance.now();
    file.replace();
    settling.hint(file, false); // the old name goes
    settling.hint(file, false); // the new one comes
    await vi.advanceTimersByTimeAsync(1);
    settling.hint(file, true);
    expect(await settledAfter(file, start)).toEqual([51]);
  });

  it.each([
    ['empty', (file: FakeFile) => file.replace(0)],
    ['gone', (file: FakeFile) => file.remove()],
  ])('waits longer where a replaced file is %s', async (_, change) => {
    const file = begin();
    const start = performance.now();
    change(file);
    settling.hint(file, false);
    const [after] = await settledAfter(file, start);
    expect(after).toBeGreaterThanOrEqual(50);
  });

  it('waits for the neighbours of a replaced file, though not longer than the debounce', async () => {
    const file = begin();
    another();
    const start = performance.now();
    file.replace();
    settling.hint(file, false);
    for (let neighbours = 0; neighbours < 20; neighbours += 1) {
      await vi.advanceTimersByTimeAsync(5);
      settling.neighbour(file);
    }
    expect(await settledAfter(file, start)).toEqual([50]);
  });

  it('is not set off by neighbours alone', async () => {
    const file = begin();
    settling.neighbour(file);
    expect(await settledAfter(file, 0)).toEqual([]);
    expect(file.looks).toBe(0);
  });

  it('starts the wait anew with every hint', async () => {
    const file = begin();
    const start = performance.now();
    for (let hints = 0; hints < 5; hints += 1) {
      file.write();
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(40);
    }
    expect(await settledAfter(file, start)).toEqual([4 * 40 + 50]);
  });

  it('starts the wait anew where a look at its end sees what no hint told of', async () => {
    const file = begin();
    const start = performance.now();
    file.write();
    settling.hint(file, true);
    await vi.advanceTimersByTimeAsync(30);
    file.write();
    expect(await settledAfter(file, start)).toEqual([100]);
  });

  it('settles a hint without a difference, since somebody may have read what was there in between', async () => {
    const file = begin();
    const start = performance.now();
    settling.hint(file, false);
    expect(await settledAfter(file, start)).toEqual([50]);
  });

  it('settles a suspicion only where there is a difference', async () => {
    const file = begin();
    await settling.suspect(file, 'poll');
    expect(await settledAfter(file, 0)).toEqual([]);
    const start = performance.now();
    file.replace();
    await settling.suspect(file, 'poll');
    // How it was replaced nobody told, so it gets the careful wait.
    expect(await settledAfter(file, start)).toEqual([50]);
  });

  it('ends after maxWait, however long the changes go on', async () => {
    const file = begin({ maxWait: 300 });
    const start = performance.now();
    for (let writes = 0; writes < 40; writes += 1) {
      file.write();
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(file.settlings.map(({ at }) => at - start)).toEqual([300]);
    expect(await settledAfter(file, start)).toEqual([300, 390 + 50]);
  });

  it('takes a calm moment after maxWait, in which nobody is in the midst of writing', async () => {
    const file = begin({ maxWait: 300 });
    const start = performance.now();
    for (let writes = 0; writes < 104; writes += 1) {
      file.write();
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(3);
    }
    expect(file.settlings).toEqual([]);
    expect(await settledAfter(file, start)).toEqual([309 + 5]);
  });

  it('waits for no calm moment after twice maxWait', async () => {
    const file = begin({ maxWait: 300 });
    const start = performance.now();
    for (let writes = 0; writes < 250; writes += 1) {
      file.write();
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(3);
    }
    expect(file.settlings.map(({ at }) => at - start)).toEqual([600]);
  });

  it('lets a target that has just begun to change wait on, where another may not wait any longer', async () => {
    const file = begin({ maxWait: 300 });
    const late = another();
    const start = performance.now();
    for (let writes = 0; writes < 29; writes += 1) {
      file.write();
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(10);
    }
    late.write();
    settling.hint(late, true);
    await vi.advanceTimersByTimeAsync(11);
    expect([file.settlings.length, late.settlings.length]).toEqual([1, 0]);
    expect(await settledAfter(late, start)).toEqual([290 + 50]);
  });

  it('waits hardly longer than maxWait, where a look hangs', async () => {
    const file = begin({ maxWait: 300 });
    const hanging = another();
    hanging.look = () => new Promise<Fingerprint>(() => {});
    const start = performance.now();
    file.write();
    settling.hint(file, true);
    settling.hint(hanging, true);
    expect(await settledAfter(file, start)).toEqual([400]);
  });

  it('waits while a writer has the file open, and settles when it is closed', async () => {
    let closedAt = Infinity;
    const file = begin(
      {},
      async (files) => new Set(performance.now() < closedAt ? files.map((f) => f.inode) : []),
    );
    const start = performance.now();
    closedAt = start + 420;
    file.write();
    settling.hint(file, true);
    expect(await settledAfter(file, start)).toEqual([450]);
  });

  it('waits for a writer no longer than twice maxWait', async () => {
    const file = begin({ maxWait: 500 }, async (files) => new Set(files.map((f) => f.inode)));
    const start = performance.now();
    file.write();
    settling.hint(file, true);
    expect(await settledAfter(file, start, 2_000)).toEqual([1_000]);
    file.write();
    settling.hint(file, true);
    expect(await settledAfter(file, start, 2_000)).toEqual([1_000, 3_000]);
  });

  it('looks for writers each time that it could settle, though timers fire a little early', async () => {
    const file = begin({ maxWait: 60_000 }, async (files) => new Set(files.map((f) => f.inode)));
    const ofTimers = performance.now.bind(performance);
    let [now, calls] = [0, 0];
    // Behind the timers by some µs, more or less of them, and going on while the code runs that they call.
    vi.spyOn(performance, 'now').mockImplementation(() => {
      calls += 1;
      return (now = Math.max(now + 0.002, ofTimers() - (calls % 7) * 0.003));
    });
    onTestFinished(() => void vi.restoreAllMocks());
    file.write();
    settling.hint(file, true);
    expect(await settledAfter(file, 0, 50_000)).toEqual([]);
  });

  it('does not look for writers of what was replaced', async () => {
    const findWriters = vi.fn<FindWriters>(nobody);
    const file = begin({}, findWriters);
    file.replace();
    settling.hint(file, false);
    await settledAfter(file, 0);
    expect(findWriters).not.toHaveBeenCalled();
  });

  it('goes on waiting where a hint arrives while writers are looked for', async () => {
    const file = begin({}, async () => {
      if (performance.now() - start < 60) {
        file.write();
        settling.hint(file, true);
      }
      return new Set();
    });
    const start = performance.now();
    file.write();
    settling.hint(file, true);
    expect(await settledAfter(file, start)).toEqual([100]);
  });

  it('waits longer where a file was cut off', async () => {
    const file = begin();
    const start = performance.now();
    file.write(74);
    settling.hint(file, true);
    expect(await settledAfter(file, start)).toEqual([200]);
    file.write(70);
    settling.hint(file, true);
    expect(await settledAfter(file, start)).toEqual([200, 1_050]);
  });

  it('waits for twice the longest pause of a writer that appends with pauses', async () => {
    const file = begin();
    const start = performance.now();
    for (const [size, pause] of [
      [10, 45],
      [20, 40],
      [90, 0],
    ] as const) {
      file.write(size);
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(pause);
    }
    // 10 is no growth, it was 100; the only pause between growths is 40.
    expect(await settledAfter(file, start)).toEqual([45 + 40 + 80]);
  });

  it('settles everything that is pending in one round', async () => {
    const file = begin();
    const late = another();
    const start = performance.now();
    file.replace();
    settling.hint(file, false);
    await vi.advanceTimersByTimeAsync(8);
    late.write();
    settling.hint(late, true);
    expect(await settledAfter(file, start)).toEqual([58]);
    expect(await settledAfter(late, start)).toEqual([58]);
  });

  describe('with an explicit debounce', () => {
    it.each([
      ['replaced', (file: FakeFile) => file.replace(), false],
      ['written in place', (file: FakeFile) => file.write(), true],
      ['cut off', (file: FakeFile) => file.write(1), true],
    ])('waits exactly that long where a file is %s', async (_, change, written) => {
      const file = begin({ debounce: 120, debounceIsExplicit: true });
      const start = performance.now();
      change(file);
      settling.hint(file, written);
      settling.neighbour(file);
      expect(await settledAfter(file, start)).toEqual([120]);
    });

    it('settles at once where it is 0, and still waits for a writer', async () => {
      let isOpen = true;
      const file = begin({ debounce: 0, debounceIsExplicit: true }, async (files) =>
        isOpen ? new Set(files.map((f) => f.inode)) : new Set(),
      );
      file.write();
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(100);
      expect(file.settlings).toEqual([]);
      isOpen = false;
      await vi.advanceTimersByTimeAsync(20);
      expect(file.settlings).toHaveLength(1);
    });
  });

  describe('after a round', () => {
    it('looks again, and says of what it finds that no event told of it', async () => {
      const file = begin();
      const start = performance.now();
      file.write();
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(60);
      file.write();
      expect(await settledAfter(file, start)).toEqual([50, 150]);
      expect(file.settlings.map(({ announced }) => announced)).toEqual([true, false]);
    });

    it('says of a change that a hint told of it, where the hint came late', async () => {
      const file = begin();
      file.write();
      await settling.suspect(file, 'audit');
      await vi.advanceTimersByTimeAsync(20);
      settling.hint(file, true);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(file.settlings.map(({ announced }) => announced)).toEqual([true]);
    });
  });

  it('tells a target nothing any more that it does not track any more', async () => {
    const file = begin();
    const other = another();
    file.write();
    settling.hint(file, true);
    settling.untrack(file);
    settling.untrack(file);
    settling.hint(file, true);
    await settling.suspect(file, 'poll');
    other.write();
    settling.hint(other, true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(file.settlings).toEqual([]);
    expect(other.settlings).toHaveLength(1);
  });

  it('tells nobody anything after it was closed, and leaves no timer', async () => {
    const file = begin();
    file.write();
    settling.hint(file, true);
    await vi.advanceTimersByTimeAsync(60);
    expect(file.settlings).toHaveLength(1);
    file.write();
    settling.hint(file, true);
    settling.close();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(file.settlings).toHaveLength(1);
  });
});
