import { headlinesOf } from './headlines.js';
import { listOf, tableOf, wrapped } from './markdown.js';
import type { Run } from './merge.js';
import { nodeText } from './runs.js';
import { missesOf, scoresOf } from './verdicts.js';

/** The tables, as a link from the page. */
const TABLES = '[the tables](performance/tables.md)';

/** Returns the text of `performance.md`: what a user gets, and which goals are missed. */
export function pageOf(runs: readonly Run[]): string {
  const misses = missesOf(runs);
  return [
    '# Performance',
    listOf(headlinesOf(runs)),
    wrapped(
      `These are medians of one machine, on ${nodeText(runs.at(-1)!.machine)}. Ratios say more than times: compare those. All figures, the other versions of Node, and how they were measured are in ${TABLES}.`,
    ),
    wrapped(
      'One of these costs can matter: that of a pin, in an app whose handlers do almost nothing. If you serve several thousand requests a second from each process, measure your own app.',
    ),
    '## Targets',
    wrapped('The goals of the project that are met, by benchmark:'),
    tableOf(['', ...runs.map(({ machine }) => nodeText(machine))], scoresOf(runs)),
    ...(misses.length === 0 ? [] : ['Missed:', listOf(misses)]),
    '## Measure it yourself',
    wrapped(
      'In a clone of the repository, `npm run bench` measures everything, `npm run bench -- stall` only one part, `--node 22` on other versions of Node. With `--check` it ends with code 1 if a target is missed.',
    ),
    '<!-- Written by `npm run bench`. -->',
    '',
  ].join('\n\n');
}
