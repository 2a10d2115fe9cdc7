import { styleText } from 'node:util';
import Table from 'cli-table3';
import type { Io } from '../terminal/io.interface.js';
import { plainText } from '../../util/printable-text.js';
import { moment } from './format-time.js';

type Format = Parameters<typeof styleText>[0];

/** No column of a table is wider; `--json` tells all. */
const WIDEST_CELL = 120;

/**
 * What the command says: for people on a terminal, tables and colours; for programs, lines of cells with tabs between
 * them, or JSON. Colours follow NO_COLOR and FORCE_COLOR.
 */
export class Output {
  constructor(
    readonly isJson: boolean,
    private readonly io: Io,
  ) {}

  /** Whether a person looks at it. */
  get isTerminal(): boolean {
    return this.io.stdout.isTTY === true && !this.isJson;
  }

  line(text: string): void {
    this.io.stdout.write(`${text}\n`);
  }

  /** To people only, beside what programs read. */
  note(text: string): void {
    this.io.stderr.write(`${text}\n`);
  }

  /** Indented for people, one line for programs. */
  json(value: unknown): void {
    this.line(JSON.stringify(value, undefined, this.io.stdout.isTTY ? 2 : undefined));
  }

  /** One of many: each on a line of its own, for people as well. */
  jsonLine(value: unknown): void {
    this.line(JSON.stringify(value));
  }

  /** A row for programs. */
  cells(row: readonly string[]): void {
    this.line(row.map((text) => text.replaceAll(/[\t\n]+/g, ' ')).join('\t'));
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    if (!this.isTerminal) return rows.forEach((row) => this.cells(row));
    if (rows.length === 0) return;
    const table = new Table({
      head: head.map((title) => this.style('bold', title)),
      chars: PLAIN,
      style: PLAIN_STYLE,
    });
    for (const row of rows) table.push(row.map(inTable));
    this.line(trimmed(table.toString()));
  }

  /** Names and what belongs to them. */
  pairs(rows: readonly (readonly [name: string, ...values: string[]])[]): void {
    const width = Math.max(...rows.map(([name]) => name.length));
    for (const [name, ...values] of rows) {
      values.forEach((value, index) => {
        if (!this.isTerminal) return this.cells([name, value]);
        const label = this.style('dim', (index === 0 ? name : '').padEnd(width));
        this.line(`${label}  ${value.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`);
      });
    }
  }

  /** A moment, in their own time zone for people and as ISO 8601 for programs. */
  moment(iso: string): string {
    return this.isTerminal ? moment(iso) : cell(iso);
  }

  style(format: Format, text: string): string {
    return styleText(format, text, { stream: this.io.stdout });
  }
}

/** Text of an app on one line, with nothing in it that a terminal would obey. */
export function cell(value: unknown): string {
  return plainText(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), 10_000);
}

function inTable(text: string): string {
  return text.length > WIDEST_CELL ? `${text.slice(0, WIDEST_CELL - 1)}…` : text;
}

function trimmed(table: string): string {
  return table.replaceAll(/ +$/gm, '');
}

/** No lines between cells: what is copied from a terminal stays readable. */
const PLAIN = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
  ].map((name) => [name, '']),
);
PLAIN['middle'] = '  ';
const PLAIN_STYLE = { 'padding-left': 0, 'padding-right': 0, head: [], border: [] };
