import { EVENT_ID, parseEvents, YAMLException, type DocumentDirective, type Event } from 'js-yaml';
import { FormatError } from './format.error.js';
import { TextLines, type TextPosition } from './text-position.js';
import { IndentedBrackets } from './yaml-brackets.js';
import { yamlSyntaxProblem } from './yaml-syntax-message.js';
import { tagPrefixesOf, type TagPrefixes } from './yaml-tags.js';

/** The first document of a YAML text, as the events of its parser. */
export interface YamlDocument {
  /** The text that the offsets of the events refer to. */
  readonly text: string;
  /** A document event, and the nodes below it; empty if the text has only comments. */
  readonly events: readonly Event[];
  readonly directives: readonly DocumentDirective[];
  readonly tagPrefixes: TagPrefixes;
  /** Position of the document after the first one. */
  readonly next: TextPosition | undefined;
  /** Returns the position of the character at an offset of `text`. */
  readonly at: (offset: number) => TextPosition;
}

/** Index of the event that begins the value of the document. */
export const ROOT = 1;

/** Levels that are parsed. `inspectTree` refuses deeper values by the limits of the app, with their path. */
const MAX_DEPTH = 1_100;

/** Characters that `js-yaml` accepts at the start of a text, although YAML does not allow them. */
const BAD_START = /^(?:[ \t]+(?:---(?=[ \t\r\n]|$)|%)|\.\.\.[ \t]+[^#\s])/;

/**
 * Parses the first document of a text. Documents after it are not parsed: their errors do not matter.
 *
 * @throws FormatError with the position of the first syntax error, without the text around it, which may be secret.
 */
export function parseYaml(text: string): YamlDocument {
  const { end, next } = boundsOfFirst(text);
  const lines = new TextLines(text);
  const first = text.slice(0, end);
  if (BAD_START.test(text))
    throw new FormatError([{ message: 'the first line is not valid; remove it', position: lines.at(0) }]);
  const brackets = new IndentedBrackets(first);
  const events = eventsOf(brackets, lines);
  const [start] = events;
  const directives = start?.type === EVENT_ID.DOCUMENT ? start.directives : [];
  return {
    text: brackets.text,
    events,
    directives,
    tagPrefixes: tagPrefixesOf(directives),
    next: next === undefined ? undefined : lines.at(next),
    at: (offset) => lines.at(brackets.originalOf(offset)),
  };
}

function eventsOf(brackets: IndentedBrackets, lines: TextLines): readonly Event[] {
  for (;;) {
    const { text } = brackets;
    try {
      const events = parseEvents(text, { maxDepth: MAX_DEPTH });
      if (!brackets.restoreWithin(events)) return events;
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const at = error.mark?.position ?? 0;
      if (brackets.indentFor(error.reason, at)) continue;
      const { message, offset } = yamlSyntaxProblem(error.reason, text, at);
      // No cause: its message shows the lines around the error.
      throw new FormatError([{ message, position: lines.at(brackets.originalOf(offset)) }]);
    }
  }
}

/** A line without a value before the first document: blank, a comment, or a directive. */
const BEFORE_CONTENT = /(?:[ \t]*(?:#.*)?|%.*)(?:\r\n?|\n)/y;
/** A line that begins or ends a document. YAML allows it nowhere else, also not within a string. */
const MARKER = /(?:^|[\r\n])(---|\.\.\.)(?=[ \t\r\n]|$)/g;
const MARKER_HERE = /(---|\.\.\.)(?=[ \t\r\n]|$)/y;
const REST_OF_LINE = /[^\r\n]*/y;

/** Finds the end of the first document, and the start of the second one, if there is one. */
function boundsOfFirst(text: string): { end: number; next: number | undefined } {
  // Most texts have no marker: `includes` takes no time.
  if (!text.includes('---') && !text.includes('...')) return { end: text.length, next: undefined };
  let content = startOfContent(text, 0);
  while (matchAt(MARKER_HERE, text, content)?.[1] === '...')
    content = startOfContent(text, endOfLine(text, content));
  const isMarker = matchAt(MARKER_HERE, text, content) !== undefined;
  MARKER.lastIndex = isMarker ? content + 3 : content;
  const marker = MARKER.exec(text);
  if (marker === null) return { end: text.length, next: undefined };
  const start = marker.index + marker[0].length - 3;
  if (marker[1] === '---') return { end: start, next: start };
  // The parser checks the rest of this line.
  const end = endOfLine(text, start);
  const next = startOfContent(text, end);
  return { end, next: next < text.length ? next : undefined };
}

function startOfContent(text: string, from: number): number {
  let at = from;
  for (;;) {
    const line = matchAt(BEFORE_CONTENT, text, at);
    if (line === undefined) break;
    at += line[0].length;
  }
  const last = matchAt(/[ \t]*(?:#.*)?$/y, text, at);
  return last === undefined ? at : text.length;
}

/** Returns the offset after the line break of a line. */
function endOfLine(text: string, at: number): number {
  const end = at + (matchAt(REST_OF_LINE, text, at)?.[0].length ?? 0);
  if (text[end] === '\r' && text[end + 1] === '\n') return end + 2;
  return Math.min(end + 1, text.length);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
