/** One assignment of an env file. All numbers are offsets in the text. */
export interface DotenvAssignment {
  readonly key: string;
  readonly keyStart: number;
  /** Start of the value, at its opening quote if it has one. */
  readonly valueStart: number;
  /** Characters between the quotes, or those of a value without quotes. */
  readonly raw: string;
  /** The quote around the value. A value without quotes ends with its line, or at a `#`. */
  readonly quote: Quote | undefined;
  /** Start of the comment after a value without quotes. */
  readonly commentStart: number | undefined;
  /** End of the last line of the assignment. */
  readonly end: number;
}

export type Quote = "'" | '"' | '`';

/** A line that assigns nothing, although it is neither blank nor a comment. */
export interface StrayLine {
  readonly start: number;
  readonly end: number;
}

/** The lines of an env file. */
export interface DotenvLines {
  readonly assignments: readonly DotenvAssignment[];
  readonly strayLines: readonly StrayLine[];
}

/** `export`, a name, and `=` or `: `, all in one line: the beginning of an assignment. */
const BEGINNING = /(?:export[^\S\r\n]+)?([\w.-]+)(?:[^\S\r\n]*=|:(?=[^\S\r\n]))/y;
const BLANK = /\s*/y;
const BLANK_IN_LINE = /[^\S\r\n]*/y;
const LINE_END = /[\r\n]|$/g;

/**
 * Finds the assignments of an env file, and the lines that are none: the grammar of `dotenv`, read line by line. A quoted
 * value ends where `dotenv` ends it. Each character is looked at a few times only, whatever the text is.
 */
export function readDotenvLines(text: string): DotenvLines {
  const assignments: DotenvAssignment[] = [];
  const strayLines: StrayLine[] = [];
  let at = skip(BLANK, text, 0);
  while (at < text.length) {
    const assignment = text[at] === '#' ? undefined : readAssignment(text, at);
    const end = assignment?.end ?? endOfLine(text, at);
    if (assignment !== undefined) assignments.push(assignment);
    else if (text[at] !== '#') strayLines.push({ start: at, end });
    at = skip(BLANK, text, end);
  }
  return { assignments, strayLines };
}

function readAssignment(text: string, start: number): DotenvAssignment | undefined {
  BEGINNING.lastIndex = start;
  const found = BEGINNING.exec(text);
  if (found === null) return undefined;
  const [beginning, key = ''] = found;
  const afterSign = start + beginning.length;
  const keyStart = start + beginning.lastIndexOf(key);
  const quoted = readQuoted(text, skip(BLANK, text, afterSign));
  if (quoted !== undefined) return { key, keyStart, ...quoted, commentStart: undefined };
  const lineEnd = endOfLine(text, afterSign);
  const hash = text.slice(afterSign, lineEnd).indexOf('#');
  const commentStart = hash === -1 ? undefined : afterSign + hash;
  const raw = text.slice(afterSign, commentStart ?? lineEnd).trim();
  const valueStart = Math.min(skip(BLANK_IN_LINE, text, afterSign), commentStart ?? lineEnd);
  return { key, keyStart, valueStart, raw, quote: undefined, commentStart, end: lineEnd };
}

/**
 * Reads a value in quotes. After the closing quote, the line may have only a comment. A quote after a backslash closes the
 * value only if no later one does: the backslash of `"C:\dir\"` is part of the value.
 */
function readQuoted(text: string, start: number) {
  const quote = text[start];
  if (quote !== "'" && quote !== '"' && quote !== '`') return undefined;
  let close: number | undefined;
  let end = start;
  let commentEnd = start; // of the comment that was looked at last: all quotes of a line may be followed by one
  for (let at = text.indexOf(quote, start + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    const after = skip(BLANK_IN_LINE, text, at + 1);
    if (text[after] === '#' && after >= commentEnd) commentEnd = endOfLine(text, after);
    const lineEnd = text[after] === '#' ? commentEnd : after;
    if (lineEnd === text.length || text[lineEnd] === '\n' || text[lineEnd] === '\r') {
      close = at;
      end = lineEnd;
    }
    if (text[at - 1] !== '\\') break;
  }
  if (close === undefined) return undefined;
  return { valueStart: start, raw: text.slice(start + 1, close), quote: quote as Quote, end };
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.test(text); // always matches, perhaps nothing
  return pattern.lastIndex;
}

function endOfLine(text: string, from: number): number {
  LINE_END.lastIndex = from;
  return LINE_END.exec(text)?.index ?? text.length;
}
