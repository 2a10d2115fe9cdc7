import type { Machine } from '../harness/machine.js';
import { isMet, type BenchResult, type Row } from '../harness/result.interface.js';
import { chartOf } from './chart.js';
import { anchorOf, tableOf } from './markdown.js';
import type { Run } from './merge.js';
import { mostFirst, namesOf, newestOf, nodeText, targetsOf } from './runs.js';
import { SUMMARY } from './summary.js';
import { figure, measuredText, medianText, ratio } from './table.js';
import { floorOf, goalText } from './verdicts.js';

/** Returns the text of `performance/tables.md`: all figures. */
export function tablesPageOf(runs: readonly Run[]): string {
  return [
    '# Tables of the benchmarks',
    '<!-- Written by `npm run bench`. -->',
    'All figures of [performance](../performance.md): what this module costs, compared with an app without it and with other packages.',
    '## In short',
    summaryTable(runs),
    '## How it was measured',
    [
      '- All contestants of a group are measured in turns, in one run, each time in another order. So other load on the machine affects all of them.',
      '- Each value that a contestant reads or receives is checked.',
      '- _Median_ and _p99_ are of all samples of a contestant. With up to 100 samples, p99 is the largest one. Each section says how many samples there are. Few samples, or a p99 far above the median, mean a rough figure.',
      '- The figures in brackets, as in 30.1 (29.4–31), are the quartiles: a quarter of the samples is below the first one, a quarter above the second one.',
      '- _Ratio_ is the median of a row, divided by the median of the first row of its group.',
    ].join('\n'),
    'The machine:',
    runs.flatMap(machineTexts).join('\n'),
    '## Targets',
    'The goals of the project, and what was measured. ✗ marks a missed target; the last column says why it is missed.',
    targetTable(runs),
    ...namesOf(runs).flatMap((name) => sectionOf(name, runs)),
    '',
  ].join('\n\n');
}

function machineText({ node, v8, system, cpu, cores, memoryGiB, loadBefore, time }: Machine): string {
  return `Node ${node} (V8 ${v8}), ${system}, ${cores} cores of ${cpu}, ${memoryGiB} GiB, load ${loadBefore} before, ${time.slice(0, 10)}`;
}

/** Describes each measurement of a version of Node, with the names of its benches if there were several. */
function machineTexts({ results }: Run): string[] {
  const names = new Map<string, string[]>();
  for (const { machine, name } of results) {
    const text = machineText(machine);
    names.set(text, [...(names.get(text) ?? []), `\`${name}\``]);
  }
  return [...names].map(([text, of]) => `- ${text}${names.size > 1 ? `: ${of.join(', ')}` : ''}`);
}

function summaryTable(runs: readonly Run[]): string {
  const newest = runs.at(-1)!;
  const lines = SUMMARY.flatMap(({ bench, cost, of, comparedWith }) => {
    const each = runs.map(({ results }) => results.find(({ name }) => name === bench));
    const title = each.find((result) => result !== undefined)?.title;
    if (title === undefined) return [];
    const figures = each.map((result) => (result === undefined ? '' : of(result)));
    const last = each.at(-1);
    return [[`[${cost}](#${anchorOf(title)})`, ...figures, last === undefined ? '' : comparedWith(last)]];
  });
  const heads = runs.map(({ machine }) => nodeText(machine));
  return tableOf(['what', ...heads, `to compare, on ${nodeText(newest.machine)}`], lines);
}

function targetTable(runs: readonly Run[]): string {
  const lines = targetsOf(runs).map(({ name, text, each }) => {
    const figures = each.map((one) =>
      one === undefined ? '' : `${isMet(one) ? '✓' : '✗'} ${measuredText(one)}`,
    );
    return [`\`${name}\` ${text}`, goalText(each, runs), ...figures, floorOf(each)];
  });
  return tableOf(['', 'target', ...runs.map(({ machine }) => nodeText(machine)), 'reason if missed'], lines);
}

function sectionOf(name: string, runs: readonly Run[]): string[] {
  const found = runs.map(({ machine, results }) => ({
    machine,
    result: results.find((result) => result.name === name),
  }));
  const newest = newestOf(name, runs)!; // the name is that of a result
  const { title, method, machine: measuredOn } = newest;
  const hasChart = chartOf(newest, measuredOn) !== undefined;
  return [
    `## ${title}`,
    `${method} ${samplesText(found)}`,
    ...(hasChart ? [`![${title}, on Node ${measuredOn.node}](${name}.svg)`] : []),
    rowTable(found.flatMap(({ machine, result }) => (result === undefined ? [] : [{ machine, result }]))),
  ];
}

/** Says how many samples a figure has, as the versions of Node were not always measured equally often. */
function samplesText(
  found: readonly { readonly machine: Machine; readonly result: BenchResult | undefined }[],
): string {
  const texts = found.flatMap(({ machine, result }) => {
    // A contestant that has missed all saves has no samples.
    const counts = (result?.rows ?? [])
      .filter((row) => Number.isFinite(row.median))
      .map(({ samples }) => samples);
    if (counts.length === 0) return [];
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return [`${least === most ? most : `${least} to ${most}`} on ${nodeText(machine)}`];
  });
  return `Samples for each figure: ${texts.join(', ')}.`;
}

function rowTable(found: readonly { readonly machine: Machine; readonly result: BenchResult }[]): string {
  const keys = [...new Set(mostFirst(found.map(({ result }) => result.rows.map(keyOf))))];
  let last = '';
  const lines = keys.map((key) => {
    const rows = found.map(({ result }) => result.rows.find((row) => keyOf(row) === key));
    const { group, contestant } = rows.find((row) => row !== undefined)!;
    const shown = group === last ? '' : group;
    last = group;
    const cells = rows.flatMap((row, index) =>
      row === undefined ? ['', '', ''] : cellsOf(row, found[index]!.result),
    );
    return [shown, contestant, ...cells];
  });
  const heads = found.flatMap(({ machine }) => [`${nodeText(machine)}: median`, 'p99', 'ratio']);
  return tableOf(['', '', ...heads], lines);
}

function cellsOf(row: Row, { rows }: BenchResult): string[] {
  return [medianText(row), figure(row.p99), ratio(row, rows)];
}

function keyOf({ group, contestant }: Row): string {
  return `${group}\n${contestant}`;
}
