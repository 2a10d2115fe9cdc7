import { structuredPatch } from 'diff';
import type { ValueDifference } from './difference.js';
import { escapeControls } from '../util/control-characters.js';
import { REDACTED } from '../secrets/secret-names.js';
import { toJsonValue } from '../util/json-value.js';
import { typeName } from './type-name.js';

/** Limit for the lines that are shown of a string with several lines. */
const MAX_LINES = 20;

/** Limit for the changed lines that are searched for. If there are more, only the numbers of lines are shown. */
const MAX_EDITS = 300;

/** The number of characters that are shown before the first difference of two long strings. */
const CONTEXT_LENGTH = 12;

/** Describes a change in lines of at most `width` columns. The first line is for the right of its name, the others go below. */
export function describeChange({ kind, previous, current }: ValueDifference, width: number): string[] {
  if (kind === 'added') return [brief(current, width)];
  if (kind === 'removed') return [brief(previous, width)];
  if (kind === 'typeChanged') {
    const types = ` (${typeName(previous)} → ${typeName(current)})`;
    const half = widthForEach(width - types.length);
    return [`${brief(previous, half)} → ${brief(current, half)}${types}`];
  }
  if (typeof previous === 'string' && typeof current === 'string')
    return describeStrings(previous, current, width);
  return [`${brief(previous, widthForEach(width))} → ${brief(current, widthForEach(width))}`];
}

function describeStrings(previous: string, current: string, width: number): string[] {
  if (previous === current) return [`${brief(current, width - 10)} (changed)`]; // only in a part that is redacted
  if (previous.includes('\n') && current.includes('\n')) return describeLines(previous, current, width);
  const half = widthForEach(width);
  const from = Math.max(0, commonStart(previous, current) - CONTEXT_LENGTH);
  const start = Math.max(previous.length, current.length) + 2 > half ? from : 0;
  return [`${brief(previous, half, start)} → ${brief(current, half, start)}`];
}

function describeLines(previous: string, current: string, width: number): string[] {
  const first = `${countLines(previous)} lines → ${countLines(current)} lines`;
  const patch = structuredPatch('', '', previous, current, undefined, undefined, {
    context: 1,
    maxEditLength: MAX_EDITS,
  });
  const lines = patch?.hunks.flatMap(({ oldStart, lines: changed }, index) => [
    ...(index === 0 && oldStart <= 1 ? [] : [`@ line ${oldStart}`]),
    ...changed.map((line) => shorten(escapeControls(line), width)),
  ]);
  if (lines === undefined) return [first];
  const rest = lines.length - MAX_LINES;
  return [first, ...lines.slice(0, MAX_LINES), ...(rest > 0 ? [`… ${rest} more lines`] : [])];
}

function countLines(value: string): number {
  return value.replace(/\n$/, '').split('\n').length;
}

/** Writes a value on one line; a string from the character `start` on. */
function brief(value: unknown, width: number, start = 0): string {
  if (value === REDACTED) return REDACTED;
  if (typeof value !== 'string') return shorten(escapeControls(JSON.stringify(toJsonValue(value))), width);
  // Only as much is quoted as could be shown: the string may be a whole file.
  const part = value.slice(start, start + width + 1);
  return `${start > 0 ? '…' : ''}${shorten(escapeControls(JSON.stringify(part)), width, part.length < value.length - start)}`;
}

function shorten(text: string, width: number, isCut = false): string {
  const limit = Math.max(width, 10);
  return text.length > limit || isCut ? `${text.slice(0, limit - 1)}…` : text;
}

function widthForEach(width: number): number {
  return Math.floor((width - 3) / 2);
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
