import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FileStamp } from '../../lib/watch/fingerprint.js';
import { SettleTracker } from '../../lib/watch/settle-tracker.js';
import { FakeFile } from './support/fake-file.js';
import { runs } from '../support/storm-run.js';

/** A change of a file, `after` ms after the one before. */
interface Step {
  readonly after: number;
  readonly what: 'write' | 'replace' | 'remove' | 'nothing';
  readonly size: number;
  /** Delay of the event that reports it; undefined if no event does. */
  readonly reportedAfter: number | undefined;
}

const steps = fc.array(
  fc.record<Step>({
    after: fc.integer({ min: 0, max: 150 }),
    what: fc.constantFrom('write', 'replace', 'remove', 'nothing'),
    size: fc.integer({ min: 0, max: 200 }),
    reportedAfter: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 30 },
);

describe('Settling, for any sequence of changes and events', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Plays the steps. Returns the changes of the file and the times of the events. */
  async function play(tracker: SettleTracker, file: FakeFile, script: readonly Step[]) {
    const changes: { at: number; state: FileStamp | undefined }[] = [];
    const events: number[] = [];
    for (const { after, what, size, reportedAfter } of script) {
      await vi.advanceTimersByTimeAsync(after);
      if (what === 'write') file.write(size);
      if (what === 'replace') file.replace(size);
      if (what === 'remove') file.remove();
      if (what !== 'nothing') changes.push({ at: performance.now(), state: file.state });
      if (reportedAfter === undefined) continue;
      events.push(performance.now() + reportedAfter);
      setTimeout(() => tracker.noteEvent(file, what === 'write'), reportedAfter);
    }
    return { changes, events };
  }

  it('settles on the final state, if an event or a poll finds it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (script, isExplicit) => {
        const tracker = new SettleTracker(
          { debounce: 50, debounceIsExplicit: isExplicit, maxWait: 1_000 },
          async () => new Set(),
        );
        const file = new FakeFile();
        const before = file.state;
        tracker.track(file, file.fingerprint);
        await play(tracker, file, script);
        await vi.advanceTimersByTimeAsync(30);
        await tracker.check(file, 'safety check');
        await vi.advanceTimersByTimeAsync(5_000);
        const last = file.settlings.length > 0 ? file.settlings.at(-1)?.state : before;
        expect(last).toEqual(file.state);
        tracker.close();
        expect(vi.getTimerCount()).toBe(0);
      }),
      runs(1_000),
    );
  });

  it('never settles before the last part of maxWait while writes follow each other within the debounce', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const maxWait = 1_000;
        const tracker = new SettleTracker(
          { debounce: 50, debounceIsExplicit: false, maxWait },
          async () => new Set(),
        );
        const file = new FakeFile();
        tracker.track(file, file.fingerprint);
        const written = script.map((step) => ({
          ...step,
          what: 'write' as const,
          reportedAfter: step.reportedAfter && 0,
        }));
        const { changes } = await play(tracker, file, written);
        await vi.advanceTimersByTimeAsync(5_000);
        file.settlings.forEach(({ at }, index) => {
          const earlier = file.settlings[index - 1]?.at ?? -Infinity;
          const ofRound = changes.filter((change) => change.at >= earlier && change.at < at);
          const isOverdue = at - (ofRound[0]?.at ?? at) >= 0.9 * maxWait;
          const quiet = at - (ofRound.at(-1)?.at ?? -Infinity);
          expect(isOverdue || quiet >= 50).toBe(true);
        });
        tracker.close();
      }),
      runs(1_000),
    );
  });

  it('never lets a change wait longer than maxWait, even if a writer has it open', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 0, max: 400 }), async (script, maxWait) => {
        const tracker = new SettleTracker(
          { debounce: 50, debounceIsExplicit: false, maxWait },
          async (files) => {
            return new Set(files.map((file) => file.inode));
          },
        );
        const file = new FakeFile();
        tracker.track(file, file.fingerprint);
        const reported = script.map((step) => ({ ...step, reportedAfter: 0 }));
        const { events } = await play(tracker, file, reported);
        await vi.advanceTimersByTimeAsync(1_000);
        for (const event of events)
          expect(file.settlings.some(({ at }) => at >= event && at <= event + maxWait)).toBe(true);
        tracker.close();
      }),
      runs(1_000),
    );
  });

  it('applies an explicit debounce exactly', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 0, max: 100 }), async (script, half) => {
        // An odd debounce and even gaps, so that no event comes at the very moment when the debounce ends.
        const debounce = 2 * half + 1;
        const tracker = new SettleTracker(
          { debounce, debounceIsExplicit: true, maxWait: 60_000 },
          async () => new Set(),
        );
        const file = new FakeFile();
        tracker.track(file, file.fingerprint);
        // Every change is reported at once: then the debounce counts from the last event of each group.
        const reported = script.map((step) => ({ ...step, after: 2 * step.after, reportedAfter: 0 }));
        const { events } = await play(tracker, file, reported);
        await vi.advanceTimersByTimeAsync(debounce + 1);
        const ends = events.filter((at, index) => (events[index + 1] ?? Infinity) - at > debounce);
        expect(file.settlings.map(({ at }) => at)).toEqual(ends.map((at) => at + debounce));
        tracker.close();
      }),
      runs(1_000),
    );
  });
});
