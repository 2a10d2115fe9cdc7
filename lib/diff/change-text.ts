import { structuredPatch } from 'diff';
import type { ValueDifference } from './difference.js';
import { onOneLine } from '../util/printable-text.js';
import { HIDDEN } from '../secrets/secret-names.js';
import { toJsonValue } from '../util/json-value.js';
import { typeName } from './type-name.js';

/** How many lines of a text of several lines are shown. */
const MAX_LINES = 20;

/** How many changed lines are searched for; of texts that differ in more, only their length is told. */
const MAX_EDITS = 300;

/** Signs before the first difference of two long texts that are kept, so that one sees where it is. */
const CONTEXT = 12;

/** What a change says, within `width` columns; the first line goes beside its name, the others below. */
export function describeChange({ kind, previous, current }: ValueDifference, width: number): string[] {
  if (kind === 'added') return [brief(current, width)];
  if (kind === 'removed') return [brief(previous, width)];
  if (kind === 'typeChanged') {
    const types = ` (${typeName(previous)} → ${typeName(current)})`;
    const room = roomForEach(width - types.length);
    return [`${brief(previous, room)} → ${brief(current, room)}${types}`];
  }
  if (typeof previous === 'string' && typeof current === 'string')
    return describeTexts(previous, current, width);
  return [`${brief(previous, roomForEach(width))} → ${brief(current, roomForEach(width))}`];
}

function describeTexts(previous: string, current: string, width: number): string[] {
  if (previous === current) return [`${brief(current, width - 10)} (changed)`]; // in what is hidden of it
  if (previous.includes('\n') && current.includes('\n')) return describeLines(previous, current, width);
  const room = roomForEach(width);
  const from = Math.max(0, commonStart(previous, current) - CONTEXT);
  const cut = Math.max(previous.length, current.length) + 2 > room ? from : 0;
  return [`${brief(previous, room, cut)} → ${brief(current, room, cut)}`];
}

function describeLines(previous: string, current: string, width: number): string[] {
  const first = `${countLines(previous)} lines → ${countLines(current)} lines`;
  const patch = structuredPatch('', '', previous, current, undefined, undefined, {
    context: 1,
    maxEditLength: MAX_EDITS,
  });
  const lines = patch?.hunks.flatMap(({ oldStart, lines: changed }, index) => [
    ...(index === 0 && oldStart <= 1 ? [] : [`@ line ${oldStart}`]),
    ...changed.map((line) => shorten(onOneLine(line), width)),
  ]);
  if (lines === undefined) return [first];
  const rest = lines.length - MAX_LINES;
  return [first, ...lines.slice(0, MAX_LINES), ...(rest > 0 ? [`… ${rest} more lines`] : [])];
}

function countLines(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}

/** A value in one line, from the sign `cut` of a text on. */
function brief(value: unknown, width: number, cut = 0): string {
  if (value === HIDDEN) return HIDDEN;
  if (typeof value !== 'string') return shorten(onOneLine(JSON.stringify(toJsonValue(value))), width);
  // Not more is quoted than could be shown: it may be a file.
  const part = value.slice(cut, cut + width + 1);
  return `${cut > 0 ? '…' : ''}${shorten(onOneLine(JSON.stringify(part)), width, part.length < value.length - cut)}`;
}

function shorten(text: string, width: number, isCut = false): string {
  const most = Math.max(width, 10);
  return text.length > most || isCut ? `${text.slice(0, most - 1)}…` : text;
}

function roomForEach(width: number): number {
  return Math.floor((width - 3) / 2);
}

function commonStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
