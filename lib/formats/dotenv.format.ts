import { parse } from 'dotenv';
import { TextLines, type TextPosition } from './text-position.js';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat } from './config-format.interface.js';
import { FormatError } from './format.error.js';
import { forbiddenKeyMessage } from '../limits/forbidden-keys.js';

/**
 * `KEY=value` lines, as `dotenv` parses them: comments, quotes, values over several lines, `export`. Keys stay
 * unchanged, and values are strings. If a key appears twice, the last value counts.
 */
export const dotenvFormat: Readonly<ConfigFormat> = {
  name: 'dotenv',
  extensions: ['env'],
  stringsOnly: true,
  parse(text) {
    const value = parseDotenv(text);
    const assignments = weaklyCached(() => assignmentsIn(text));
    rejectProtoKey(text, assignments);
    return {
      value: Object.keys(value).length === 0 ? undefined : value,
      locate: ([key], part = 'value') =>
        key === undefined ? { line: 1, column: 1 } : assignments().get(key)?.[part],
    };
  },
};

interface Assignment {
  readonly key: TextPosition;
  readonly value: TextPosition;
}

/** One assignment, with groups for key and value: the grammar that dotenv documents. */
const ASSIGNMENT =
  /^[^\S\r\n]*(?:export\s+)?(?<key>[\w.-]+)(?:\s*=|:\s)[^\S\r\n]*(?<value>'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`|[^#\r\n]*)[^\S\r\n]*(?:#.*)?$/dgm;

/** More white space in one place than a real file has. */
const BLANK_RUN = /\n\s{200}/;

/** Parses like dotenv, but without its quadratic time for long runs of blank lines. */
export function parseDotenv(content: string | Buffer): Record<string, string> {
  const text = content.toString();
  return parse(BLANK_RUN.test(text) ? withoutBlankRuns(text) : text);
}

/** Leaves blank lines within quotes: they are part of a value. */
function withoutBlankRuns(text: string): string {
  const parts: string[] = [];
  let end = 0;
  const keep = (assignment: string, from: number) => {
    parts.push(text.slice(end, from).replace(/\n\s*\n/g, '\n'), assignment);
    end = from + assignment.length;
  };
  for (const found of text.matchAll(ASSIGNMENT)) keep(found[0], found.index);
  keep('', text.length);
  return parts.join('');
}

/** Finds the positions that dotenv does not report. */
function assignmentsIn(text: string): Map<string, Assignment> {
  const lines = new TextLines(text);
  const found = new Map<string, Assignment>();
  for (const { groups, indices } of text.matchAll(ASSIGNMENT)) {
    const [key, value] = [indices!.groups!['key']![0], indices!.groups!['value']![0]];
    found.set(groups!['key']!, { key: lines.at(key), value: lines.at(value) });
  }
  return found;
}

/** dotenv assigns each key to an object, so a key `__proto__` would silently vanish from its result. */
function rejectProtoKey(text: string, assignments: () => Map<string, Assignment>): void {
  if (!text.includes('__proto__')) return;
  const position = assignments().get('__proto__')?.key;
  if (position === undefined) return;
  throw new FormatError([{ message: `the file ${forbiddenKeyMessage('__proto__')}`, position }]);
}
