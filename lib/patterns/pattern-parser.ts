import { ConfigPatternError } from '../errors/config.errors.js';
import { DEEP, glob, literal, type PatternSegment } from './pattern-segment.js';

/**
 * The segments of a pattern as a person wrote it. Stricter than a path: a path that is wrong answers undefined at
 * once, a pattern that is wrong would wait for ever.
 *
 * @throws ConfigPatternError saying what is wrong, and at which character
 */
export function parsePattern(source: string): PatternSegment[] {
  if (source.trim() === '')
    throw new ConfigPatternError(`A pattern must not be empty; "**" selects everything`);
  const segments: PatternSegment[] = [];
  let at = 0;
  while (at < source.length) {
    const step = source[at] === '[' ? bracketed(source, at) : plain(source, at);
    // `**.**` is `**`.
    if (step.segment !== DEEP || segments.at(-1) !== DEEP) segments.push(step.segment);
    at = step.end;
  }
  return segments;
}

interface Step {
  readonly segment: PatternSegment;
  readonly end: number;
}

const PLAIN = /[^.[\]]*/y;

/** `key`, at the start of the pattern, or `.key` later on. */
function plain(source: string, start: number): Step {
  let at = start;
  if (start > 0) {
    if (source[start] === ']') throw invalid(source, start, 'this "]" closes nothing');
    if (source[start] !== '.') throw invalid(source, start, 'a dot is missing after "]"');
    at += 1;
  }
  PLAIN.lastIndex = at;
  const text = PLAIN.exec(source)![0]; // matches the empty text, so it always matches
  const end = at + text.length;
  if (text === '') throw missingKey(source, at);
  if (text.startsWith("'") || text.startsWith('"')) {
    throw invalid(source, at, `a quoted key stands in brackets, as in modules['npc.dialogue']`);
  }
  return { segment: wildcards(source, at, text), end };
}

function missingKey(source: string, at: number): ConfigPatternError {
  if (source[at] === ']') return invalid(source, at, 'this "]" closes nothing');
  if (source[at] === '[')
    return invalid(source, at, 'a bracket follows its key without a dot, as in servers[0]');
  if (at === 0) return invalid(source, at, 'it begins with a dot');
  if (at === source.length) return invalid(source, at - 1, 'it ends with a dot');
  return invalid(source, at, 'a key is missing between two dots');
}

/** `[0]`, `[*]`, `['any.key']` or `["any.key"]`. */
function bracketed(source: string, start: number): Step {
  const quote = source[start + 1];
  if (quote === "'" || quote === '"') return quoted(source, start, quote);
  const close = source.indexOf(']', start);
  if (close === -1) throw invalid(source, start, 'this "[" is never closed');
  const text = source.slice(start + 1, close);
  if (text.trim() === '') throw invalid(source, start, 'the brackets are empty');
  if (/[['"]/.test(text)) throw invalid(source, start, 'brackets hold an index, "*" or a quoted key');
  return { segment: wildcards(source, start + 1, text), end: close + 1 };
}

const QUOTED = { "'": /'((?:[^'\\]|\\.)*)'/suy, '"': /"((?:[^"\\]|\\.)*)"/suy };

/** What stands in quotes is taken as it is: its dots and asterisks are part of the key. */
function quoted(source: string, start: number, quote: "'" | '"'): Step {
  const pattern = QUOTED[quote];
  pattern.lastIndex = start + 1;
  const match = pattern.exec(source);
  if (match === null) throw invalid(source, start + 1, `this ${quote} is never closed`);
  const close = pattern.lastIndex;
  if (source[close] !== ']') throw invalid(source, close, 'a "]" is missing after the quoted key');
  return { segment: literal(match[1]!.replace(/\\(.)/gsu, '$1')), end: close + 1 };
}

function wildcards(source: string, at: number, text: string): PatternSegment {
  if (text.trim() !== text) {
    throw invalid(source, at, `white space around a key; where it is part of the key, write ['${text}']`);
  }
  if (text === '**') return DEEP;
  const double = text.indexOf('**');
  if (double !== -1) {
    throw invalid(
      source,
      at + double,
      '"**" stands alone between dots, as in "**.timeout"; "*" is for part of a key',
    );
  }
  return text.includes('*') ? glob(text) : literal(text);
}

function invalid(source: string, at: number, what: string): ConfigPatternError {
  return new ConfigPatternError(
    `The pattern ${JSON.stringify(source)} is invalid at character ${at + 1}: ${what}`,
  );
}
