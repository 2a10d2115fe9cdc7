/** Characters that begin a line, move the cursor, colour a terminal, or reverse the direction of writing. */
const CONTROLS = String.raw`\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;
const EACH = new RegExp(`[${CONTROLS}]`, 'g');
const EACH_BUT_NEWLINES = new RegExp(`(?!\n)[${CONTROLS}]`, 'g');
const RUNS = new RegExp(`[${CONTROLS}]+`, 'g');

/** Returns an untrusted string on one line, without control characters, and at most `maxLength` characters long. */
export function toSingleLine(text: string, maxLength: number): string {
  const plain = text.replaceAll(RUNS, ' ').trim();
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1)}…` : plain;
}

/** Escapes control characters and line breaks (`\u001b`), so that a string cannot forge lines of a log or terminal. */
export function escapeControls(text: string): string {
  return text.replaceAll(EACH, escaped);
}

/** Escapes control characters, but keeps line breaks. */
export function escapeControlsKeepLines(text: string): string {
  return text.replaceAll(EACH_BUT_NEWLINES, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
