import { parse } from 'dotenv';
import { TextLines, type TextPosition } from './text-position.js';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat, TextProblem } from './config-format.interface.js';
import { FormatError } from './format.error.js';

/**
 * `KEY=value` lines, as `dotenv` reads them: comments, quotes, values over several lines, `export`. Keys stay as they
 * are, and values are strings; of a key that stands there twice, the last counts.
 *
 * @publicApi
 */
export const dotenvFormat: ConfigFormat = {
  name: 'dotenv',
  extensions: ['env'],
  stringsOnly: true,
  parse(text) {
    const value = parseDotenv(text);
    const assignments = weaklyCached(() => assignmentsIn(text));
    refusePrototypes(text, assignments);
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

/** One assignment with the name and the value marked: the grammar that dotenv documents. */
const ASSIGNMENT =
  /^[^\S\r\n]*(?:export\s+)?(?<key>[\w.-]+)(?:\s*=|:\s)[^\S\r\n]*(?<value>'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`|[^#\r\n]*)[^\S\r\n]*(?:#.*)?$/dgm;

/** More white space in one place than anybody writes. */
const BLANK_RUN = /\n\s{200}/;

/** As dotenv does, which takes the square of the time where many blank lines stand together. */
export function parseDotenv(content: string | Buffer): Record<string, string> {
  const text = content.toString();
  return parse(BLANK_RUN.test(text) ? withoutBlankRuns(text) : text);
}

/** Not within quotes: there they are part of a value. */
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

/** dotenv knows no positions. */
function assignmentsIn(text: string): Map<string, Assignment> {
  const lines = new TextLines(text);
  const found = new Map<string, Assignment>();
  for (const { groups, indices } of text.matchAll(ASSIGNMENT)) {
    const [key, value] = [indices!.groups!['key']![0], indices!.groups!['value']![0]];
    found.set(groups!['key']!, { key: lines.at(key), value: lines.at(value) });
  }
  return found;
}

/** dotenv assigns what it reads: a key `__proto__` is gone from its result, without a word. */
function refusePrototypes(text: string, assignments: () => Map<string, Assignment>): void {
  if (!text.includes('__proto__')) return;
  const position = assignments().get('__proto__')?.key;
  if (position === undefined) return;
  const problem: TextProblem = {
    message: 'the key "__proto__" is not allowed: it could reach a prototype',
    position,
  };
  throw new FormatError([problem]);
}
