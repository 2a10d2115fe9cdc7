import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import Table from 'cli-table3';
import { escapeForPrograms, toSingleLine } from '../../util/control-characters.js';
import { formatLocalTime, withLocalTimes } from '../../util/format-time.js';

type Format = Parameters<typeof styleText>[0];

/** Maximum width of a column of a table, in characters. Values are cut only on a terminal. */
const MAX_CELL_WIDTH = 120;

/** Maximum width of a revision on a terminal, in characters. */
const MAX_REVISION_WIDTH = 20;

/** The streams of the command. Each may be a terminal. */
export interface Io {
  /** Absent if nobody can answer a question. */
  readonly stdin?: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/**
 * The output of the command: tables and colours on a terminal; in a pipe, lines whose cells are separated by tabs; or
 * JSON. Colours follow NO_COLOR and FORCE_COLOR.
 */
export class Output {
  constructor(
    readonly isJson: boolean,
    private readonly io: Io,
  ) {}

  /** `true` if the output is a terminal and not JSON. */
  get isTerminal(): boolean {
    return this.io.stdout.isTTY === true && !this.isJson;
  }

  line(text: string): void {
    this.io.stdout.write(`${printable(text)}\n`);
  }

  /** Writes a note for people to stderr: programs read stdout. */
  note(text: string): void {
    this.io.stderr.write(`${printable(text)}\n`);
  }

  /** Writes JSON: indented on a terminal, else one line. */
  json(value: unknown): void {
    this.io.stdout.write(`${jsonText(value, this.io.stdout.isTTY ? 2 : undefined)}\n`);
  }

  /** Writes JSON that is one of many values: always one line. */
  jsonLine(value: unknown): void {
    this.io.stdout.write(`${jsonText(value)}\n`);
  }

  /** Writes a row whose cells are separated by tabs. */
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
    for (const row of rows) table.push(row.map(cut));
    this.line(trimmed(table.toString()));
  }

  /** Writes names with their values. A name without values is left out. */
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

  /** Formats a time: in the local time zone on a terminal, else as ISO 8601. */
  time(iso: string): string {
    return this.isTerminal ? formatLocalTime(iso) : cell(iso);
  }

  /** Formats a message of an app, with its times as `time()` writes them. */
  message(text: string): string {
    return this.isTerminal ? withLocalTimes(text) : text;
  }

  /** Formats a revision: on a terminal, the start of it. A hash or an ETag is recognized by its first characters. */
  revision(text: string): string {
    return this.isTerminal ? toSingleLine(text, MAX_REVISION_WIDTH) : cell(text);
  }

  style(format: Format, text: string): string {
    return styleText(format, text, { stream: this.io.stdout });
  }
}

/** The styles of this command. No other sequence of control characters reaches a terminal, whoever wrote it. */
const STYLES = new RegExp(String.raw`(\u001b\[(?:[12]|22|3[1-6]|39|9[0-7])m)`);

/** Returns text without control characters, except for line breaks, tabs and the styles of this command. */
export function printable(text: string): string {
  const parts = text.split(STYLES);
  return parts.map((part, index) => (index % 2 === 0 ? escapeForPrograms(part) : part)).join('');
}

/** Returns JSON whose control characters are escaped: the same value, and safe to print. */
export function jsonText(value: unknown, indent?: number): string {
  return escapeForPrograms(JSON.stringify(value, undefined, indent) ?? 'null');
}

/** Formats a value from an app on one line, without control characters. */
export function cell(value: unknown): string {
  return toSingleLine(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''), 10_000);
}

function cut(text: string): string {
  return text.length > MAX_CELL_WIDTH ? `${text.slice(0, MAX_CELL_WIDTH - 1)}…` : text;
}

function trimmed(table: string): string {
  return table.replaceAll(/ +$/gm, '');
}

/** No lines between cells: text that is copied from a terminal stays readable. */
const BORDERS =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid';
const PLAIN = Object.freeze({
  ...Object.fromEntries(BORDERS.split(' ').map((name) => [name, ''])),
  middle: '  ',
});
const PLAIN_STYLE = Object.freeze({ 'padding-left': 0, 'padding-right': 0, head: [], border: [] });
