import type { TextProblem } from '../../formats/config-format.interface.js';

/** The lines that git, Mercurial, Subversion and others write around the two sides of a conflict. */
const OPENING = '<<<<<<<';
const CLOSING = '>>>>>>>';

/** A line between the two sides. Jujutsu writes the other two. */
const SEPARATOR = /^(?:={7,}|%{7,} .*|\+{7,} .*)\s*$/m;

/**
 * Labels of lines that are meant: prompts for models that edit code teach blocks from `<<<<<<< SEARCH` to
 * `>>>>>>> REPLACE`.
 */
const EDIT_BLOCK = /^(?:SEARCH|REPLACE|ORIGINAL|UPDATED)\b/;

/** The markers of a text: of a whole conflict, or a single one that may be left over. */
export interface ConflictMarkers {
  readonly conflict?: TextProblem;
  readonly leftover?: TextProblem;
}

/**
 * Finds the markers of an unfinished merge: lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`, in this order. A
 * heading that is underlined with `=======`, or indented markers, are no conflict: see `findIndentedConflict`.
 */
export function findConflictMarkers(text: string): ConflictMarkers {
  const opening = findMarker(text, OPENING, 0);
  const closing = findMarker(text, CLOSING, opening ?? 0) ?? findMarker(text, CLOSING, 0);
  const first = opening ?? closing;
  if (first === undefined) return {};
  if (
    opening === undefined ||
    closing === undefined ||
    closing < opening ||
    !hasSeparator(text, opening, closing)
  ) {
    const message = 'this line looks left over from a merge; remove it if it is';
    return { leftover: { message, position: { line: lineOf(text, first), column: 1 } } };
  }
  return { conflict: unfinishedMerge(text, opening, closing, 1) };
}

const INDENTED_MARKER = /^( +)(<{7,}|={7,}|>{7,})(?: .*)?\r?$/gm;

/**
 * Finds an unfinished merge whose markers are all indented by the same spaces. In YAML, this is a block string with a text
 * that has one: the markers are at the start of the lines of the value.
 */
export function findIndentedConflict(text: string): TextProblem | undefined {
  if (!text.includes(OPENING) || !text.includes(CLOSING)) return undefined;
  let open: { readonly at: number; readonly spaces: string; isSeparated: boolean } | undefined;
  for (const { 0: line, 1: spaces = '', 2: marker = '', index } of text.matchAll(INDENTED_MARKER)) {
    const label = line.slice(spaces.length + marker.length).trim();
    if (EDIT_BLOCK.test(label)) open = undefined;
    else if (marker.startsWith('<')) open = { at: index, spaces, isSeparated: false };
    else if (open?.spaces !== spaces) continue;
    else if (marker.startsWith('=')) open.isSeparated ||= label === '';
    else if (open.isSeparated) return unfinishedMerge(text, open.at, index, spaces.length + 1);
  }
  return undefined;
}

function unfinishedMerge(text: string, opening: number, closing: number, column: number): TextProblem {
  const message = `contains an unfinished merge, from here to line ${lineOf(text, closing)}; finish the merge, then save`;
  return { message, position: { line: lineOf(text, opening), column } };
}

/** Returns the offset of the first line that is such a marker: alone, or with a label. */
function findMarker(text: string, marker: string, from: number): number | undefined {
  for (let at = text.indexOf(marker, from); at !== -1; at = text.indexOf(marker, at + 1)) {
    const isAtStart = at === 0 || text[at - 1] === '\n' || text[at - 1] === '\r';
    if (!isAtStart) continue;
    let end = at;
    while (text[end] === marker[0]) end += 1;
    const after = text[end];
    const isWhole = after === undefined || after === ' ' || after === '\n' || after === '\r';
    if (isWhole && !EDIT_BLOCK.test(text.slice(end, end + 12).trimStart())) return at;
    at = end - 1;
  }
  return undefined;
}

function hasSeparator(text: string, opening: number, closing: number): boolean {
  return SEPARATOR.test(text.slice(opening, closing));
}

function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
