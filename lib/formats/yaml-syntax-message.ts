import { NESTED_TOO_DEEPLY } from './format.error.js';

/** Message for `a: b: c`. */
export const NESTED_ON_ONE_LINE =
  'nested mappings must not be on one line; put a string that contains ": " in quotes, or start a new line';

const TABS = 'tabs are not allowed as indentation; use spaces';
const NO_COLON = 'the colon after the key on this line is missing; add ": ", or indent the line';
const CONTROL =
  'this control character is not allowed; remove it, or write it as an escape sequence in double quotes';

const BLOCK_HEADER =
  'the text of a block string starts on the line after | or >; put a string that starts with | or > in quotes';

const TAG = 'the tag is not valid; put a string that starts with ! in quotes';

/** Beginnings of the reasons of `js-yaml`, and what to write instead: the problem, and what to do. */
const MESSAGES: readonly (readonly [reason: string, message: string])[] = [
  ['nesting exceeded', NESTED_TOO_DEEPLY],
  [
    'deficient indentation',
    'this line is not indented enough for the quoted string, [ or { above; add the closing quote or bracket, or indent the line',
  ],
  ['tab characters', TABS],
  [
    'bad indentation of a sequence entry',
    'all items of a list must start at the same column; check the indentation',
  ],
  ['a whitespace character is expected', 'the space after the colon is missing; add it'],
  ['unexpected end of the stream within a single', "the closing quote ' is missing; add it"],
  ['unexpected end of the stream within a double', 'the closing quote " is missing; add it'],
  [
    'unexpected end of the document within',
    'the closing quote is missing before this line, which separates documents; add it, or indent the line',
  ],
  ['unexpected end of the stream within a flow', 'a closing ] or } is missing; add it'],
  ['missed comma', 'a comma or the closing ] or } of this list or mapping is missing before this; add it'],
  ['expected the node content', 'the value before this comma is missing; remove the comma, or add a value'],
  ['unknown escape sequence', 'invalid escape sequence; write \\\\ for a backslash, or use single quotes'],
  [
    'expected hexadecimal character',
    'invalid escape sequence; write \\\\ for a backslash, or use single quotes',
  ],
  ['the stream contains non-printable', CONTROL],
  ['expected valid JSON character', CONTROL],
  ['null byte', CONTROL],
  ['name of an alias', 'an alias needs a name; put a string that starts with * in quotes'],
  ['name of an anchor', 'an anchor needs a name; put a string that starts with & in quotes'],
  ['alias node', 'an alias cannot have a tag or an anchor; remove it'],
  ['duplication of a tag', 'a value can have only one tag; put a string that starts with ! in quotes'],
  ['duplication of an anchor', 'a value can have only one anchor; put a string that starts with & in quotes'],
  ['directives end mark', 'a line --- must follow a line that starts with %; add it'],
  ['unacceptable YAML version', 'only YAML 1 can be read; remove the line'],
  ['a line break is expected', BLOCK_HEADER],
  ['repeat of a', BLOCK_HEADER],
  ['bad explicit indentation', BLOCK_HEADER],
  ['undeclared tag handle', TAG],
  ['named tag handle', TAG],
  ['tag ', TAG],
  ['unexpected end of the stream within a verbatim tag', TAG],
];

/** Reasons of `js-yaml` that say only that a value does not continue in this way. */
const UNEXPECTED = /^(?:bad indentation of a mapping entry|end of the stream or a document separator)/;

/** Describes a syntax error, and finds its offset. The message quotes nothing of the text, which may be secret. */
export function yamlSyntaxProblem(
  reason: string,
  text: string,
  offset: number,
): { message: string; offset: number } {
  const line = startOfLine(text, offset);
  const isIndentation = UNEXPECTED.test(reason) || /^(?:expected ':'|can not read)/.test(reason);
  if (isIndentation && /^ *\t/.test(text.slice(line, offset))) return { message: TABS, offset: line };
  if (UNEXPECTED.test(reason)) return { message: unexpected(text.slice(line, offset), text[offset]), offset };
  if (reason.startsWith("expected ':'")) return { message: NO_COLON, offset: firstCharacter(text, line) };
  if (reason.startsWith('can not read a block mapping')) {
    // The key of the line at `offset` is complete if a colon follows it: then a line above it has none.
    const end = text[offset] === ':' ? line : offset;
    return { message: NO_COLON, offset: firstCharacter(text, startOfLine(text, lastCharacter(text, end))) };
  }
  return { message: messageOf(reason), offset };
}

function messageOf(reason: string): string {
  const known = MESSAGES.find(([beginning]) => reason.startsWith(beginning));
  if (known !== undefined) return known[1];
  return reason.includes('directive')
    ? 'this line starts with % and is no valid directive; put a string that starts with % in quotes'
    : 'is not valid YAML; check this line and the one above it';
}

/** Describes what is in the way, by what stands before it on its line. */
function unexpected(before: string, character = ''): string {
  const value = before.trimEnd();
  if (value === '') return 'keys and items of one level must start at the same column; check the indentation';
  if (/[@`%\]},]/.test(character) && /[:\-?]$/.test(value))
    return 'a string cannot start with this reserved character; put the string in quotes';
  if (/["'\]}]$/.test(value))
    return 'only a comment may follow a closing quote or bracket; remove the rest, or put all of it in quotes';
  if (/(?:^|[ \t])\*\S+$/.test(value))
    return 'nothing may follow an alias; put a string that starts with * in quotes';
  if (character === ':' && !/:[ \t]/.test(value))
    return 'a key cannot start on this line, because the value of the line above continues here; check the indentation, and the space after the colon above';
  if (character === ':' || value.endsWith(':')) return NESTED_ON_ONE_LINE;
  return 'this does not belong to the value before it; check the indentation, or put the whole string in quotes';
}

function startOfLine(text: string, offset: number): number {
  return Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
}

/** Returns the offset of the first character from `offset` that is no space. */
function firstCharacter(text: string, offset: number): number {
  let at = offset;
  while (text[at] === ' ') at += 1;
  return at;
}

/** Returns the offset after the last character before `offset` that is no white space. */
function lastCharacter(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && /\s/.test(text[at - 1] ?? '')) at -= 1;
  return at;
}
