import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../harness/child.js';
import type { Row, Target } from '../../harness/result.interface.js';
import { median, row } from '../../harness/stats.js';

/** The heap of a small container, in MB. */
const HEAP = 256;

const FIGURES = {
  peak: 'memory of the process, at most',
  added: 'of it, added by the reload',
  heap: 'heap of the main thread, at most',
  left: 'kept afterwards: reachable',
  leftResident: 'kept afterwards: memory of the process',
};

/** Reloads a file of the largest size that is allowed, in processes of their own. */
export async function measurePeaks(times: number): Promise<{ rows: Row[]; targets: Target[] }> {
  const rows: Row[] = [];
  const targets: Target[] = [];
  for (const format of ['yaml', 'json']) {
    const group = `a reload of the largest file allowed, ${format}, with a heap of ${HEAP} MB`;
    const answers: Record<string, number>[] = [];
    let aborted = 0;
    for (let time = 0; time < times; time += 1) {
      const answer = await peakOf(format);
      if (answer === undefined) aborted += 1;
      else answers.push(answer);
    }
    const outcomes = answers.map(({ isApplied = Number.NaN }) => isApplied);
    rows.push(row('the largest file allowed: applied (1) or refused (0)', format, '', outcomes));
    for (const [figure, name] of Object.entries(FIGURES))
      rows.push(
        row(
          group,
          name,
          'KiB',
          answers.map((answer) => answer[figure]!),
        ),
      );
    targets.push(
      { text: `processes that ended by ${group}`, measured: aborted, atMost: 0, unit: '' },
      {
        text: `reachable memory that ${group} leaves behind`,
        measured: median(answers.map((answer) => answer['left']!)),
        atMost: 1024,
        unit: 'KiB',
      },
      {
        text: `threads that ${group} leaves behind`,
        measured: Math.max(...answers.map((answer) => answer['leftThreads']!)),
        atMost: 0,
        unit: '',
      },
    );
  }
  return { rows, targets };
}

/** Returns undefined if the process ended. */
async function peakOf(format: string): Promise<Record<string, number> | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
  try {
    const app = await Child.start(
      'peak.app',
      [format, folder],
      ['--expose-gc', `--max-old-space-size=${HEAP}`],
    );
    const figures = await app.ask('measure').catch(() => undefined);
    await app.stop();
    return figures;
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true });
  }
}
