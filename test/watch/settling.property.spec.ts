import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileStamp } from '../../lib/watch/fingerprint.js';
import { Settling } from '../../lib/watch/settling.js';
import { FakeFile } from './support/fake-file.js';

/** Something that happens to a file, so many ms after what happened before. */
interface Step {
  readonly after: number;
  readonly what: 'write' | 'replace' | 'remove' | 'nothing';
  readonly size: number;
  /** Whether an event tells of it, and how much later. */
  readonly toldAfter: number | undefined;
}

const steps = fc.array(
  fc.record<Step>({
    after: fc.integer({ min: 0, max: 150 }),
    what: fc.constantFrom('write', 'replace', 'remove', 'nothing'),
    size: fc.integer({ min: 0, max: 200 }),
    toldAfter: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('Settling, whatever happens', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Plays the steps, and gives each change of the file with its time. */
  async function play(settling: Settling, file: FakeFile, script: readonly Step[]) {
    const changes: { at: number; state: FileStamp | undefined }[] = [];
    const hints: number[] = [];
    for (const { after, what, size, toldAfter } of script) {
      await vi.advanceTimersByTimeAsync(after);
      if (what === 'write') file.write(size);
      if (what === 'replace') file.replace(size);
      if (what === 'remove') file.remove();
      if (what !== 'nothing') changes.push({ at: performance.now(), state: file.state });
      if (toldAfter === undefined) continue;
      hints.push(performance.now() + toldAfter);
      setTimeout(() => settling.hint(file, what === 'write'), toldAfter);
    }
    return { changes, hints };
  }

  it('settles what is finally there, provided that a hint or a poll tells of it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (script, isExplicit) => {
        const settling = new Settling(
          { debounce: 50, debounceIsExplicit: isExplicit, maxWait: 1_000 },
          async () => new Set(),
        );
        const file = new FakeFile();
        const before = file.state;
        settling.track(file, file.fingerprint);
        await play(settling, file, script);
        await vi.advanceTimersByTimeAsync(30);
        await settling.suspect(file, 'audit');
        await vi.advanceTimersByTimeAsync(5_000);
        const last = file.settlings.length > 0 ? file.settlings.at(-1)?.state : before;
        expect(last).toEqual(file.state);
        settling.close();
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never settles before maxWait while a file that is written keeps changing within the debounce', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const maxWait = 1_000;
        const settling = new Settling(
          { debounce: 50, debounceIsExplicit: false, maxWait },
          async () => new Set(),
        );
        const file = new FakeFile();
        settling.track(file, file.fingerprint);
        const written = script.map((step) => ({
          ...step,
          what: 'write' as const,
          toldAfter: step.toldAfter && 0,
        }));
        const { changes } = await play(settling, file, written);
        await vi.advanceTimersByTimeAsync(5_000);
        file.settlings.forEach(({ at }, index) => {
          const earlier = file.settlings[index - 1]?.at ?? -Infinity;
          const ofRound = changes.filter((change) => change.at >= earlier && change.at < at);
          const isOverdue = at - (ofRound[0]?.at ?? at) >= maxWait;
          const quiet = at - (ofRound.at(-1)?.at ?? -Infinity);
          expect(isOverdue || quiet >= 50).toBe(true);
        });
        settling.close();
      }),
      { numRuns: 1_000 },
    );
  });

  it('honours an explicit debounce exactly', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 0, max: 100 }), async (script, half) => {
        // An odd debounce and even gaps, so that no hint comes at the very moment when the wait is over.
        const debounce = 2 * half + 1;
        const settling = new Settling(
          { debounce, debounceIsExplicit: true, maxWait: 60_000 },
          async () => new Set(),
        );
        const file = new FakeFile();
        settling.track(file, file.fingerprint);
        // Every change is told of at once: then the last hint of each burst is what the debounce counts from.
        const told = script.map((step) => ({ ...step, after: 2 * step.after, toldAfter: 0 }));
        const { hints } = await play(settling, file, told);
        await vi.advanceTimersByTimeAsync(debounce + 1);
        const ends = hints.filter((at, index) => (hints[index + 1] ?? Infinity) - at > debounce);
        expect(file.settlings.map(({ at }) => at)).toEqual(ends.map((at) => at + debounce));
        settling.close();
      }),
      { numRuns: 1_000 },
    );
  });
});
