import Table from 'cli-table3';
import { isMet, type BenchResult, type Row, type Target } from '../harness/result.interface.js';

/** Formats a figure with its significant digits. */
export function figure(value: number): string {
  // A missing value is NaN, and null after JSON.
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return value.toLocaleString('en', {
    maximumFractionDigits: size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0,
  });
}

/** Formats a figure with its quartiles, if it has some: `30.1 (29.4–31)`. */
export function spread(value: number, quartiles: readonly [number, number] | undefined): string {
  // One sample, or none, has no spread.
  if (!Number.isFinite(value) || quartiles === undefined || quartiles[0] === quartiles[1])
    return figure(value);
  return `${figure(value)} (${quartiles.map(figure).join('–')})`;
}

/** Formats the median of a row. */
export function medianText({ median, quartiles, unit }: Row): string {
  return `${spread(median, quartiles)} ${unit}`.trim();
}

/** Formats the measured value of a target. */
export function measuredText({ measured, quartiles, unit }: Target): string {
  return `${spread(measured, quartiles)} ${unit}`.trim();
}

/** Formats the ratio of a row to the first one of its group. */
export function ratio(row: Row, rows: readonly Row[]): string {
  const first = rows.find(({ group }) => group === row.group)!;
  // Nothing is a multiple of zero, or of a difference that is negative.
  const isComparable = first !== row && first.median > 0 && Number.isFinite(row.median) && row.median >= 0;
  return isComparable ? `${figure(row.median / first.median)} ×` : '';
}

export function targetText({ atMost, atLeast, unit }: Target): string {
  return atMost === undefined ? `≥ ${figure(atLeast!)} ${unit}` : `≤ ${figure(atMost)} ${unit}`;
}

/** Formats a result for a terminal. */
export function terminalTable({ title, rows, targets }: BenchResult): string {
  const table = new Table({
    head: ['', '', 'median (quartiles)', 'p99', 'against the first'],
    style: { head: [], border: [] },
  });
  let last = '';
  for (const row of rows) {
    const group = row.group === last ? '' : row.group;
    last = row.group;
    table.push([group, row.contestant, medianText(row), figure(row.p99), ratio(row, rows)]);
  }
  const verdicts = targets.map(
    (target) =>
      `  ${isMet(target) ? 'met   ' : 'MISSED'} ${target.text}: ${measuredText(target)} (target ${targetText(target)})${target.floor ? `; ${target.floor}` : ''}`,
  );
  return [`\n${title}`, table.toString(), ...verdicts].join('\n');
}
