import { ConfigPatternError } from '../errors/config.errors.js';
import { DEEP, glob, literal, type PatternSegment } from './pattern-segment.js';

/**
 * Parses a pattern into its segments. Stricter than the parser of paths: an invalid path returns `undefined` when it is
 * read, but an invalid pattern would silently never match.
 *
 * @throws ConfigPatternError with the problem and the position of the character
 */
export function parsePattern(source: string): PatternSegment[] {
  if (source.trim() === '')
    throw new ConfigPatternError(`A pattern must not be empty; "**" selects everything`);
  const segments: PatternSegment[] = [];
  let at = 0;
  while (at < source.length) {
    const { segment, end } = source[at] === '[' ? parseBracketed(source, at) : parsePlain(source, at);
    // `**.**` is `**`.
    if (segment !== DEEP || segments.at(-1) !== DEEP) segments.push(segment);
    at = end;
  }
  return segments;
}

interface ParsedSegment {
  readonly segment: PatternSegment;
  /** The position after the segment. */
  readonly end: number;
}

/** Parses `key` at the start of the pattern, or `.key` later on. */
function parsePlain(source: string, start: number): ParsedSegment {
  let at = start;
  if (start > 0) {
    if (source[start] === ']') throw invalid(source, start, 'this "]" has no matching "["');
    if (source[start] !== '.') throw invalid(source, start, 'a dot is missing after "]"');
    at += 1;
  }
  const key = /^[^.[\]]*/.exec(source.slice(at))![0]; // it matches the empty string, so it always matches
  if (key === '') throw missingKey(source, at);
  if (key.startsWith("'") || key.startsWith('"')) {
    throw invalid(source, at, `a quoted key must be in brackets, as in modules['npc.dialogue']`);
  }
  return { segment: parseWildcards(source, at, key, true), end: at + key.length };
}

function missingKey(source: string, at: number): ConfigPatternError {
  if (source[at] === ']') return invalid(source, at, 'this "]" has no matching "["');
  if (source[at] === '[')
    return invalid(source, at, 'there must be no dot before a bracket, as in servers[0]');
  if (at === 0) return invalid(source, at, 'it begins with a dot');
  if (at === source.length) return invalid(source, at - 1, 'it ends with a dot');
  return invalid(source, at, 'a key is missing between two dots');
}

/** Parses `[0]`, `[*]`, `['any.key']` or `["any.key"]`. */
function parseBracketed(source: string, start: number): ParsedSegment {
  const quote = source[start + 1];
  if (quote === "'" || quote === '"') return parseQuoted(source, start, quote);
  const close = source.indexOf(']', start);
  if (close === -1) throw invalid(source, start, 'this "[" is not closed');
  const key = source.slice(start + 1, close);
  if (key.trim() === '') throw invalid(source, start, 'the brackets are empty');
  if (/[['"]/.test(key)) throw invalid(source, start, 'brackets must contain an index, "*" or a quoted key');
  return { segment: parseWildcards(source, start + 1, key), end: close + 1 };
}

const QUOTED = { "'": /^'((?:[^'\\]|\\.)*)'/su, '"': /^"((?:[^"\\]|\\.)*)"/su } as const;

/** Parses a quoted key in brackets: dots and asterisks in quotes are part of the key. */
function parseQuoted(source: string, start: number, quote: "'" | '"'): ParsedSegment {
  const match = QUOTED[quote].exec(source.slice(start + 1));
  if (match === null) throw invalid(source, start + 1, `this ${quote} is not closed`);
  const close = start + 1 + match[0].length;
  if (source[close] !== ']') throw invalid(source, close, 'a "]" is missing after the quoted key');
  return { segment: literal(match[1]!.replace(/\\(.)/gsu, '$1')), end: close + 1 };
}

function parseWildcards(source: string, at: number, key: string, isPlain = false): PatternSegment {
  if (key.trim() !== key) {
    throw invalid(source, at, `white space around a key; if it is part of the key, write ['${key}']`);
  }
  if (key === '**') return DEEP;
  const double = key.indexOf('**');
  if (double !== -1) {
    throw invalid(
      source,
      at + double,
      '"**" must be a whole key, as in "**.timeout"; use "*" for a part of a key',
    );
  }
  return key.includes('*') ? glob(key) : literal(key, isPlain);
}

function invalid(source: string, at: number, problem: string): ConfigPatternError {
  return new ConfigPatternError(
    `The pattern ${JSON.stringify(source)} is invalid at character ${at + 1}: ${problem}`,
  );
}
