import { parse } from 'dotenv';
import { type DotenvLines, readDotenvLines } from './dotenv-lines.js';
import { findDotenvProblems } from './dotenv-problems.js';
import { TextLines, type TextPosition } from './text-position.js';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat, ParsedText } from './config-format.interface.js';
import type { TextPlaces } from './text-places.js';
import { FormatError } from './format.error.js';
import { forbiddenKeyMessage } from '../limits/forbidden-keys.js';

/**
 * `KEY=value` lines, as `dotenv` parses them: comments, quotes, values over several lines, `export`. Keys stay
 * unchanged, and values are strings. What `dotenv` would drop or guess is refused: names that are assigned twice, lines
 * that assign nothing, quotes that are not closed.
 */
export const dotenvFormat: Readonly<ConfigFormat> = {
  name: 'dotenv',
  extensions: ['env'],
  stringsOnly: true,
  parse: (text) => parseText(text, 'refuse'),
  placesIn,
};

/** The same for the env files of `@nestjs/config`, which reads everything: what is wrong is warned of. */
export const lenientDotenvFormat: Readonly<ConfigFormat> = {
  ...dotenvFormat,
  parse: (text) => parseText(text, 'warn'),
  // A thread knows formats by their names, and this one has the name of the other.
  placesIn: undefined,
};

function parseText(text: string, reaction: 'refuse' | 'warn'): ParsedText {
  const lines = readDotenvLines(text);
  const value = parseLines(text, lines);
  rejectProtoKey(text, lines);
  const { errors, warnings } = findDotenvProblems(text, lines, value);
  if (reaction === 'refuse' && errors.length > 0) throw new FormatError(errors);
  return {
    value: Object.keys(value).length === 0 ? undefined : value,
    warnings: [...errors, ...warnings],
    ...placesIn(text),
  };
}

function placesIn(text: string): TextPlaces {
  const positions = weaklyCached(() => positionsIn(text));
  return {
    locate: ([key], part = 'value') =>
      key === undefined ? { line: 1, column: 1 } : positions().get(key)?.[part],
  };
}

/** More white space in one place than a real file has. */
const BLANK_RUN = /\n\s{200}/;

/** Parses like dotenv, but without its quadratic time for long runs of blank lines. */
export function parseDotenv(content: string | Buffer): Record<string, string> {
  const text = content.toString();
  return parseLines(text, BLANK_RUN.test(text) ? readDotenvLines(text) : undefined);
}

function parseLines(text: string, lines: DotenvLines | undefined): Record<string, string> {
  return parse(lines !== undefined && BLANK_RUN.test(text) ? withoutBlankRuns(text, lines) : text);
}

/** Leaves blank lines within quotes: they are part of a value. */
function withoutBlankRuns(text: string, { assignments }: DotenvLines): string {
  const parts: string[] = [];
  let end = 0;
  const removeBefore = (start: number) => parts.push(text.slice(end, start).replace(/\n\s*\n/g, '\n'));
  for (const { keyStart, valueStart, end: next } of assignments) {
    removeBefore(keyStart);
    // Blank lines may also be before a value in quotes.
    parts.push(text.slice(keyStart, valueStart).replace(/\n\s*\n/g, '\n'), text.slice(valueStart, next));
    end = next;
  }
  removeBefore(text.length);
  return parts.join('');
}

/** Finds the positions that dotenv does not report. */
function positionsIn(
  text: string,
): Map<string, { readonly key: TextPosition; readonly value: TextPosition }> {
  const lines = new TextLines(text);
  return new Map(
    readDotenvLines(text).assignments.map(({ key, keyStart, valueStart }) => [
      key,
      { key: lines.at(keyStart), value: lines.at(valueStart) },
    ]),
  );
}

/** dotenv assigns each key to an object, so a key `__proto__` would silently vanish from its result. */
function rejectProtoKey(text: string, { assignments }: DotenvLines): void {
  const found = assignments.find(({ key }) => key === '__proto__');
  if (found === undefined) return;
  const position = new TextLines(text).at(found.keyStart);
  throw new FormatError([{ message: `the file ${forbiddenKeyMessage('__proto__')}`, position }]);
}
