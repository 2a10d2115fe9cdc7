import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMet } from '../harness/result.interface.js';
import { chartOf } from './chart.js';
import type { Run } from './merge.js';
import { pageOf } from './page.js';
import { namesOf, newestOf } from './runs.js';
import { measuredText } from './table.js';
import { tablesPageOf } from './tables-page.js';

/** Returns one line for each target that was missed. */
export function missedTargets(runs: readonly Run[]): string[] {
  return runs.flatMap(({ machine, results }) =>
    results.flatMap(({ name, targets }) =>
      targets
        .filter((target) => !isMet(target))
        .map((target) => `${name}, Node ${machine.node}: ${target.text}: ${measuredText(target)}`),
    ),
  );
}

/** Writes `performance.md`, its tables and its charts into `docs`; returns the paths of the pages. */
export async function writeReport(runs: readonly Run[], docs: string): Promise<string[]> {
  const details = join(docs, 'performance');
  await mkdir(details, { recursive: true });
  for (const name of namesOf(runs)) {
    const result = newestOf(name, runs)!; // the name is that of a result
    const chart = chartOf(result, result.machine);
    if (chart !== undefined) await writeFile(join(details, `${name}.svg`), chart);
  }
  const pages = new Map([
    [join(docs, 'performance.md'), pageOf(runs)],
    [join(details, 'tables.md'), tablesPageOf(runs)],
  ]);
  for (const [path, text] of pages) await writeFile(path, text);
  return [...pages.keys()];
}
