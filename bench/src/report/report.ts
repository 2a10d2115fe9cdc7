import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BENCH_NAMES } from '../bench-names.js';
import type { Machine } from '../harness/machine.js';
import { isMet, type BenchResult, type Row, type Target } from '../harness/result.interface.js';
import { chartOf } from './chart.js';
import { majorOf, type MeasuredResult, type Run } from './merge.js';
import { SUMMARY } from './summary.js';
import { figure, measuredText, medianText, ratio, targetText } from './table.js';

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

/** Writes `performance.md` and its charts into `docs`; returns the path of the page. */
export async function writeReport(runs: readonly Run[], docs: string): Promise<string[]> {
  await mkdir(join(docs, 'performance'), { recursive: true });
  for (const name of namesOf(runs)) {
    const result = newestOf(name, runs);
    const chart = chartOf(result, result.machine);
    if (chart !== undefined) await writeFile(join(docs, 'performance', `${name}.svg`), chart);
  }
  const page = join(docs, 'performance.md');
  await writeFile(page, pageOf(runs));
  return [page];
}

function pageOf(runs: readonly Run[]): string {
  return [
    '# Performance',
    '<!-- Written by `npm run bench`. -->',
    'What this module costs, compared with an app without it and with other packages. These are the figures of one machine. The ratios say more than the times: compare those.',
    '## In short',
    summaryTable(runs),
    'Two of these costs can matter: the cost of a pin, in an app whose handlers do almost nothing; and parsing a large YAML file. If you serve several thousand requests a second from each process, measure your own app.',
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
    '`npm run bench` measures everything, `npm run bench -- read` only one part, `--node 22` on other versions of Node. With `--check` it ends with code 1 if a target is missed.',
    '## Targets',
    'The goals of the project, and what was measured. ✗ marks a missed target; the last column says why it is missed.',
    targetTable(runs),
    ...namesOf(runs).flatMap((name) => sectionOf(name, runs)),
    '',
  ].join('\n\n');
}

/** Returns the names of all benches, in the order of the page. */
function namesOf(runs: readonly Run[]): string[] {
  const measured = new Set(runs.flatMap(({ results }) => results.map(({ name }) => name)));
  return BENCH_NAMES.filter((name) => measured.has(name));
}

/** Returns the result of the newest version of Node that has one. */
function newestOf(name: string, runs: readonly Run[]): MeasuredResult {
  const results = runs.flatMap((run) => run.results.filter((result) => result.name === name));
  return results.at(-1)!; // the name is that of a result
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

/** Returns the anchor that GitHub makes of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(' ', '-');
}

function targetTable(runs: readonly Run[]): string {
  const lists = runs.map(({ results }) =>
    results.flatMap(({ name, targets }) => targets.map((target) => ({ name, target }))),
  );
  const known = new Map(
    mostFirst(lists).map(({ name, target }) => [`\`${name}\` ${target.text}`, { name, target }]),
  );
  const lines = [...known].map(([text, { name, target }]) => {
    const each = runs.map(({ results }) =>
      results
        .find((result) => result.name === name)
        ?.targets.find((candidate) => candidate.text === target.text),
    );
    // Of several floors, that of the newest run.
    const floor = each.every((one) => one === undefined || isMet(one))
      ? ''
      : (each.findLast((one) => one !== undefined)?.floor ?? '');
    const figures = each.map((one) =>
      one === undefined ? '' : `${isMet(one) ? '✓' : '✗'} ${measuredText(one)}`,
    );
    return [text, targetTexts(each, runs), ...figures, floor];
  });
  return tableOf(['', 'target', ...runs.map(({ machine }) => nodeText(machine)), 'reason if missed'], lines);
}

/** Returns the target, or those of each version of Node if they differ. */
function targetTexts(each: readonly (Target | undefined)[], runs: readonly Run[]): string {
  const texts = each.map((target) => (target === undefined ? undefined : targetText(target)));
  const known = [...new Set(texts)].filter((text) => text !== undefined);
  if (known.length === 1) return known[0]!;
  return known
    .map((text) => {
      const nodes = runs.filter((_, index) => texts[index] === text).map(({ machine }) => majorOf(machine));
      return `${text} on Node ${nodes.join(' and ')}`;
    })
    .join(', ');
}

function sectionOf(name: string, runs: readonly Run[]): string[] {
  const found = runs.map(({ machine, results }) => ({
    machine,
    result: results.find((result) => result.name === name),
  }));
  const newest = newestOf(name, runs);
  const { title, method, machine: measuredOn } = newest;
  const hasChart = chartOf(newest, measuredOn) !== undefined;
  return [
    `## ${title}`,
    `${method} ${samplesText(found)}`,
    ...(hasChart ? [`![${title}, on Node ${measuredOn.node}](performance/${name}.svg)`] : []),
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

/** Joins lists, the longest first: it has entries that others omit, at their proper position. */
function mostFirst<T>(lists: readonly (readonly T[])[]): T[] {
  return lists.toSorted((a, b) => b.length - a.length).flat();
}

function cellsOf(row: Row, { rows }: BenchResult): string[] {
  return [medianText(row), figure(row.p99), ratio(row, rows)];
}

function keyOf({ group, contestant }: Row): string {
  return `${group}\n${contestant}`;
}

function nodeText(machine: Machine): string {
  return `Node ${majorOf(machine)}`;
}

function tableOf(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n');
}
