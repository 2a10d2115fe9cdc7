/** Maximum number of issues of one failure: nobody reads more, and each one costs time to place, redact and format. */
export const MAX_ISSUES = 1000;

/** Maximum length of a text of other code, in characters. */
const MAX_TEXT = 64 * 1024;

/** Left free for the note, and for a path that is written before the text: then it is not shortened again. */
const MARGIN = 1000;

const SPACE = /\s/;

/** Maximum length of all messages of one failure. */
const MAX_MESSAGES = 256 * 1024;

/**
 * Returns the beginning of a text that is too long. It ends before a space, as a part of a word may be a part of a secret,
 * which nothing would find.
 */
export function shorten(text: string, maxLength = MAX_TEXT): string {
  if (text.length <= maxLength) return text;
  let end = Math.max(0, maxLength - MARGIN);
  while (end > 0 && !SPACE.test(text.charAt(end))) end -= 1;
  const kept = text.slice(0, end).trimEnd();
  return `${kept}… (${text.length - kept.length} characters more)`;
}

/**
 * Returns the first ones of issues that code of the app or a library has made, with messages that are not too long, and at
 * last how many there are more. Reads nothing of the others: there may be any number of them.
 *
 * @param noteOf makes an issue of a message
 */
export function boundedIssues<I extends { readonly message: string }>(
  issues: readonly I[],
  noteOf: (message: string) => I,
): readonly I[] {
  const { length } = issues;
  const bounded: I[] = [];
  // The last one is never left out: it is shorter than the note, and may be the note.
  for (let left = MAX_MESSAGES; bounded.length < length;) {
    const isLast = bounded.length === length - 1;
    if (!isLast && (bounded.length === MAX_ISSUES || left <= 0)) break;
    const issue = issues[bounded.length]!;
    const { message } = issue;
    const isLong = typeof message === 'string' && message.length > MAX_TEXT;
    const shown = isLong ? { ...issue, message: shorten(message) } : issue;
    left -= typeof message === 'string' ? shown.message.length : 0;
    bounded.push(shown);
  }
  const more = length - bounded.length;
  return more > 0 ? [...bounded, noteOf(`and ${more} more`)] : bounded;
}
