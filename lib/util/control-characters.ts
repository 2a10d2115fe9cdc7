/** Signs that would begin a line, move the cursor, colour a terminal, or turn the direction of writing around. */
const SIGNS = String.raw`\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;
const EACH = new RegExp(`[${SIGNS}]`, 'g');
const EACH_BUT_LINES = new RegExp(`(?!\n)[${SIGNS}]`, 'g');
const SOME = new RegExp(`[${SIGNS}]+`, 'g');

/** A text of somebody else's on one line, without what a terminal would obey, and not longer than `length`. */
export function toSingleLine(text: string, length: number): string {
  const plain = text.replaceAll(SOME, ' ').trim();
  return plain.length > length ? `${plain.slice(0, length - 1)}…` : plain;
}

/** A text that cannot forge lines or anything else of what it is written into: `\u001b` stands for what would. */
export function escapeControls(text: string): string {
  return text.replaceAll(EACH, escaped);
}

/** The same for a text of several lines, which stay. */
export function escapeControlsKeepLines(text: string): string {
  return text.replaceAll(EACH_BUT_LINES, escaped);
}

function escaped(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
