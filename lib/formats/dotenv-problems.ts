import type { TextProblem } from './config-format.interface.js';
import type { DotenvAssignment, DotenvLines, StrayLine } from './dotenv-lines.js';
import { repeatedKey } from './repeated-keys.js';
import { describeInvisible } from '../util/control-characters.js';
import { TextLines } from './text-position.js';

/** The problems of an env file: `dotenv` itself reports none of them. */
export interface DotenvProblems {
  /** Something is lost, or can be read in two ways. */
  readonly errors: readonly TextProblem[];
  /** Honest lines that often mean something else than they say. */
  readonly warnings: readonly TextProblem[];
}

/** Problems of each kind that are reported; an operator does not read more. */
const MAX_PROBLEMS = 20;

/**
 * Finds lines that assign nothing, names that are assigned twice, quotes that are not closed, and values that `dotenv` reads
 * in another way than they look. Messages quote no value, and no line that may be a part of one.
 *
 * @param values The values that `dotenv` reads.
 */
export function findDotenvProblems(
  text: string,
  { assignments, strayLines }: DotenvLines,
  values: Readonly<Record<string, string>>,
): DotenvProblems {
  const lines = new TextLines(text);
  const find = (finder: Finder) => {
    const problems: TextProblem[] = [];
    for (const assignment of assignments) {
      const found = finder(assignment, text, lines);
      if (found === undefined) continue;
      const { message, at = assignment.valueStart } = found;
      problems.push({ message, position: lines.at(at), path: [assignment.key] });
      if (problems.length >= MAX_PROBLEMS) break;
    }
    return problems;
  };
  const errors = [
    ...strayProblems(strayLines, assignments, text, lines),
    ...repeatedNames(assignments, lines),
    ...find(brokenQuotes),
  ];
  return {
    errors: inOrder(errors.length > 0 ? errors : readDifferently(assignments, values, lines)),
    warnings: inOrder([...find(commentInValue), ...find(assignmentInValue), ...find(backslashTrap)]),
  };
}

interface Found {
  readonly message: string;
  /** Offset of the problem. Default: the start of the value. */
  readonly at?: number;
}

type Finder = (assignment: DotenvAssignment, text: string, lines: TextLines) => Found | undefined;

/** Reports lines that follow each other as one problem: they may be one value of many lines. */
function strayProblems(
  strayLines: readonly StrayLine[],
  assignments: readonly DotenvAssignment[],
  text: string,
  lines: TextLines,
): TextProblem[] {
  const runs: StrayLine[][] = [];
  let next = 0; // the first assignment after the line
  for (const line of strayLines) {
    const before = next;
    while (next < assignments.length && assignments[next]!.keyStart < line.start) next += 1;
    if (next === before && runs.length > 0) runs.at(-1)!.push(line);
    else runs.push([line]);
  }
  return runs.slice(0, MAX_PROBLEMS).map(([first, ...others]) => {
    const { start, end } = first!; // a run has at least one line
    const more = others.length === 0 ? '' : ` (and ${others.length} more after it)`;
    return { message: strayMessage(text.slice(start, end), more), position: lines.at(start) };
  });
}

function strayMessage(line: string, more: string): string {
  if (/^(?:<{7}|={7}|>{7}|\|{7})/.test(line))
    return `this line is left over from a merge${more}; finish the merge, then save`;
  if (line.startsWith('='))
    return `this line${more} has no name before its "="; write NAME=value, or remove it`;
  const invisible = describeInvisible(line.split('=', 1)[0] ?? '');
  if (invisible !== undefined)
    return `this line${more} is not read: it has ${invisible} before its value; type the name again`;
  const comment = 'put a "#" before it if it is a comment';
  return /^[^'"`]*=/.test(line)
    ? `this line${more} is not read: a name has only letters, digits, "_", "." and "-"; correct the name, or ${comment}`
    : `this line${more} assigns nothing; write NAME=value, or ${comment}; a value of several lines needs quotes around it`;
}

function repeatedNames(assignments: readonly DotenvAssignment[], lines: TextLines): TextProblem[] {
  const first = new Map<string, number>();
  const problems: TextProblem[] = [];
  for (const { key, keyStart } of assignments) {
    const before = first.get(key);
    if (before === undefined) first.set(key, keyStart);
    else if (problems.length < MAX_PROBLEMS)
      problems.push({ ...repeatedKey(key, lines.at(before).line, lines.at(keyStart)), path: [key] });
  }
  return problems;
}

/** A line such as `NAME=` at the end of a quoted value: its closing quote was meant as the opening quote of NAME. */
const ASSIGNMENT_AT_END = /[\r\n][^\S\r\n]*(?:export[^\S\r\n]+)?[A-Z_][A-Z0-9_]*[^\S\r\n]*=[^\S\r\n]*$/;

/** A line such as `NAME=x`, or `name=` at the end, in a quoted value. It may also be the last line of a base64 text. */
const ASSIGNMENT_WITHIN =
  /[\r\n][^\S\r\n]*(?:export[^\S\r\n]+)?(?:[A-Z_][A-Z0-9_]*[^\S\r\n]*=(?!=?[^\S\r\n]*(?:[\r\n]|$))|[A-Za-z_]\w*[^\S\r\n]*=[^\S\r\n]*$)/;

/** A line of base64 before the last line of a value: that one may end with `=`. */
const BASE64_ABOVE_END = /(?:^|[\r\n])[A-Za-z0-9+/]{40,}\r?[\r\n][^\r\n]*$/;

function brokenQuotes(assignment: DotenvAssignment, text: string, lines: TextLines): Found | undefined {
  const { raw, quote, valueStart, commentStart, end } = assignment;
  if (quote !== undefined) {
    if (!ASSIGNMENT_AT_END.test(raw) || BASE64_ABOVE_END.test(raw)) return undefined;
    const { line } = lines.at(valueStart + raw.length + 1);
    return {
      message: `the quote that opens here is never closed: it would end at the quote after the name on line ${line}; close it`,
    };
  }
  const opening = /^['"`]/.exec(raw)?.[0];
  if (opening === undefined) return undefined;
  const inner = raw.indexOf(opening, 1);
  if (inner === -1) {
    const others = 'put the value in other quotes if this one is a part of it';
    return { message: `the quote that opens here is never closed; close it, or ${others}` };
  }
  // `"{"a": 1}"` is read as a value in quotes that has quotes in it.
  const isWhole = raw.endsWith(opening) && !/^\s/.test(raw.slice(inner + 1));
  const comment = commentStart === undefined ? '' : text.slice(commentStart - 1, end);
  if (isWhole && (comment === '' || (/^\s/.test(comment) && !comment.includes(opening)))) return undefined;
  const message =
    'the value goes on after its closing quote; remove the rest, or put the whole value in other quotes';
  return { message, at: valueStart + inner + 1 };
}

/** In a value without quotes, a comment may begin anywhere: `abc#def` is `abc`. */
function commentInValue({ raw, commentStart, end }: DotenvAssignment, text: string): Found | undefined {
  if (commentStart === undefined) return undefined;
  const isInQuotes = ['"', "'", '`'].some(
    (quote) => raw.split(quote).length % 2 === 0 && text.slice(commentStart, end).includes(quote),
  );
  if (/\s/.test(text[commentStart - 1] ?? ' ') && !isInQuotes) return undefined;
  const message =
    'everything from the "#" on is a comment; put the value in quotes if the "#" is a part of it, else write a space before it';
  return { message, at: commentStart };
}

/** Lines within a value that look like assignments: perhaps a quote is missing above them. */
function assignmentInValue(assignment: DotenvAssignment, _text: string, lines: TextLines): Found | undefined {
  const { raw, quote, valueStart } = assignment;
  const found = quote === undefined || BASE64_ABOVE_END.test(raw) ? null : ASSIGNMENT_WITHIN.exec(raw);
  if (found === null) return undefined;
  const { line } = lines.at(valueStart + 1 + found.index + found[0].length - 1);
  const message = `the value in quotes that begins here has several lines, and line ${line} looks like an assignment; if it is one, close the quote before it`;
  return { message };
}

/** `dotenv` knows only `\n` and `\r`, in double quotes, and keeps all other backslashes. */
function backslashTrap({ raw, quote }: DotenvAssignment): Found | undefined {
  if (quote === undefined || !raw.includes('\\')) return undefined;
  if (quote === '"' && (/\\\\[nr]/.test(raw) || (/^[A-Za-z]:\\/.test(raw) && /\\[nr]/.test(raw))))
    return {
      message:
        '"\\n" and "\\r" in double quotes are line breaks; put the value in single quotes if they are not',
    };
  if (raw.includes(`\\${quote}`))
    return {
      message:
        'the backslash before a quote stays in the value; put the value in other quotes, and write it without backslashes',
    };
  return undefined;
}

/** Compares with what `dotenv` reads, so that no line is read in another way than it looks, whatever the reason. */
function readDifferently(
  assignments: readonly DotenvAssignment[],
  values: Readonly<Record<string, string>>,
  lines: TextLines,
): TextProblem[] {
  const missing = new Set(Object.keys(values));
  const differing = assignments
    .filter((assignment) => {
      missing.delete(assignment.key);
      return assignment.key !== '__proto__' && values[assignment.key] !== valueOf(assignment);
    })
    .slice(0, MAX_PROBLEMS);
  const hint = 'write one NAME=value in a line, and put the value in quotes';
  return [
    ...differing.map(({ key, valueStart }) => ({
      message: `dotenv reads ${key} in another way than it looks here; ${hint}`,
      position: lines.at(valueStart),
      path: [key],
    })),
    ...[...missing].slice(0, MAX_PROBLEMS).map((key) => ({
      message: `dotenv reads ${key} from a line that does not look like an assignment; ${hint}`,
      path: [key],
    })),
  ];
}

function valueOf({ raw, quote }: DotenvAssignment): string {
  const text = raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw;
  const opening = quote ?? /^['"`]/.exec(text)?.[0];
  const isInner = quote === undefined && opening !== undefined && text.length > 1 && text.endsWith(opening);
  const value = isInner ? text.slice(1, -1) : text;
  return opening === '"' ? value.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : value;
}

function inOrder(problems: readonly TextProblem[]): readonly TextProblem[] {
  const lineOf = ({ position }: TextProblem) => position?.line ?? Infinity;
  return problems.toSorted((one, other) =>
    lineOf(one) < lineOf(other) ? -1 : Number(lineOf(one) > lineOf(other)),
  );
}
