import { isWholeWord, replaceMarked } from './secret-finder.js';
import { SHORTEST_IN_TEXTS } from './known-secrets.js';
import { REDACTED } from './secret-names.js';
import type { PlacedValue } from './secret-policy.js';

/** Maximum number of values that are looked for in one message; a message about more shows nothing. */
const MAX_VALUES = 1_000;

/**
 * Returns a message about secret places without the values there, however short they are. Only values that the message is
 * about are looked for: those of other places would answer guesses of them.
 */
export function withoutValues(message: string, values: readonly PlacedValue[]): string {
  const texts = new Set<string>();
  for (const { value, segments = [] } of values) addTexts(texts, value, segments);
  if (texts.size > MAX_VALUES) return REDACTED;
  // A short value is a part of many words.
  return withoutTexts(
    message,
    texts,
    (start, end) => end - start >= SHORTEST_IN_TEXTS || isWholeWord(message, start, end),
  );
}

/** Returns a message without these texts, wherever `isHidden` is true of their place; by default, everywhere. */
export function withoutTexts(
  message: string,
  texts: Iterable<string>,
  isHidden: (start: number, end: number) => boolean = () => true,
): string {
  const marks = new Uint8Array(message.length);
  for (const text of texts)
    for (let at = message.indexOf(text); at !== -1; at = message.indexOf(text, at + text.length))
      if (isHidden(at, at + text.length)) marks.fill(1, at, at + text.length);
  return replaceMarked(message, marks, REDACTED);
}

/** A message names keys: a value that is the same as one of them stays. */
function addTexts(texts: Set<string>, value: unknown, keys: readonly string[]): void {
  if (texts.size > MAX_VALUES || value === null || value === undefined) return;
  if (typeof value === 'object') {
    for (const [key, member] of Object.entries(value)) addTexts(texts, member, [...keys, key]);
    return;
  }
  const text = String(value as string | number | boolean);
  for (const spelling of [text, text.trim(), JSON.stringify(text).slice(1, -1)])
    if (spelling !== '' && !keys.includes(spelling)) texts.add(spelling);
}
