import Table from 'cli-table3';
import { isMet, type BenchResult, type Row, type Target } from '../harness/result.interface.js';

/** A figure with as many digits as say something. */
export function figure(value: number): string {
  // What never came is no number, and null once it was JSON.
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return value.toLocaleString('en', {
    maximumFractionDigits: size < 1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0,
  });
}

/** How a row compares with the first of its group. */
export function ratio(row: Row, rows: readonly Row[]): string {
  const first = rows.find(({ group }) => group === row.group)!;
  return first === row || !Number.isFinite(row.median) ? '' : `${figure(row.median / first.median)} ×`;
}

export function targetText({ atMost, atLeast, unit }: Target): string {
  return atMost === undefined ? `≥ ${figure(atLeast!)} ${unit}` : `≤ ${figure(atMost)} ${unit}`;
}

/** A result for a terminal. */
export function terminalTable({ title, rows, targets }: BenchResult): string {
  const table = new Table({
    head: ['', '', 'median', 'p99', 'against the first'],
    style: { head: [], border: [] },
  });
  let last = '';
  for (const row of rows) {
    const group = row.group === last ? '' : row.group;
    last = row.group;
    table.push([
      group,
      row.contestant,
      `${figure(row.median)} ${row.unit}`,
      figure(row.p99),
      ratio(row, rows),
    ]);
  }
  const verdicts = targets.map(
    (target) =>
      `  ${isMet(target) ? 'met   ' : 'MISSED'} ${target.text}: ${figure(target.measured)} ${target.unit} (target ${targetText(target)})${target.floor ? `; ${target.floor}` : ''}`,
  );
  return [`\n${title}`, table.toString(), ...verdicts].join('\n');
}
