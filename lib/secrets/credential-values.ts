/** What ends a value without quotes. */
const ENDS = {
  address: ' \t\r\n\f\v"',
  word: ' \t\r\n\f\v"',
  query: ' \t\r\n\f\v"&',
  list: '\r\n";',
} as const;

/** The quotes of connection strings, as they are and as JSON writes them: `'it''s'` of libpq, `{a;b}` of ODBC. */
const CLOSING: Readonly<Record<string, string>> = { "'": "'", '"': '"', '{': '}', '\\"': '\\"' };

/**
 * Returns where the value that begins at `start` ends. Save for addresses, a backslash makes the next character part of
 * the value.
 */
export function valueEnd(text: string, start: number, kind: keyof typeof ENDS): number {
  const ends: string = ENDS[kind];
  let at = start;
  while (at < text.length && !ends.includes(text.charAt(at)))
    at += text.charAt(at) === '\\' && kind !== 'address' ? 2 : 1;
  return Math.min(at, text.length);
}

/**
 * Returns the end of the quoted value that begins at `start`; undefined if none begins there, or if it does not end.
 *
 * @param unclosed the quotes that do not end in the rest of the text: they are not looked for again
 */
export function closingQuote(text: string, start: number, unclosed: Set<string>): number | undefined {
  const opening = text.startsWith('\\"', start) ? '\\"' : text.charAt(start);
  const closing = CLOSING[opening];
  if (closing === undefined || unclosed.has(opening)) return undefined;
  const end = closing.length === 1 ? quotedEnd(text, start, closing) : escapedEnd(text, start, closing);
  if (end === undefined) unclosed.add(opening);
  return end;
}

function escapedEnd(text: string, start: number, closing: string): number | undefined {
  const at = text.indexOf(closing, start + closing.length);
  return at === -1 ? undefined : at + closing.length;
}

/** A closing quote that is written twice, or after a backslash, is part of the value. */
function quotedEnd(text: string, start: number, closing: string): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\' && closing !== '}') at += 1;
    else if (character === closing && text.charAt(at + 1) !== closing) return at + 1;
    else if (character === closing) at += 1;
  }
  return undefined;
}
