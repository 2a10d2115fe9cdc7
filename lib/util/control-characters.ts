/** Characters that begin a line, move the cursor, colour a terminal, or reverse the direction of writing. */
const CONTROLS = String.raw`\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;
const EACH = new RegExp(`[${CONTROLS}]`, 'g');
const EACH_BUT_NEWLINES = new RegExp(`(?!\n)[${CONTROLS}]`, 'g');
const RUNS = new RegExp(`[${CONTROLS}]+`, 'g');

/** Characters without a shape, spaces that are not the ordinary one, and surrogates without a partner. */
const INVISIBLE =
  '\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f' +
  '\\u2800\\u3000\\u3164\\ud800-\\udfff\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}';

/** Scripts that are not readable without joiners. */
const JOINED_SCRIPTS =
  'Arabic Syriac Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar Mongolian'
    .split(' ')
    .map((script) => `\\p{Script=${script}}`)
    .join('');

/** Invisible characters that are a part of the visible one before them: in emoji, and between letters of some scripts. */
const JOINERS = [
  '[#*0-9]\\ufe0f?\\u20e3',
  '\\p{ExtPict}\\p{EMod}?[\\ufe0e\\ufe0f]?(?:\\u200d\\p{ExtPict}\\p{EMod}?\\ufe0f?)*(?:[\\u{e0020}-\\u{e007f}]+)?',
  `(?<=[${JOINED_SCRIPTS}])[\\u200c\\u200d](?=[${JOINED_SCRIPTS}])`,
].join('|');

/** Characters that a program must not get as they are, as it may print them. Surrogates here have no partner. */
const UNSAFE = `(?![\n\t])[${CONTROLS}\\u180e\\u200b-\\u200f\\u2060-\\u206f\\ud800-\\udfff\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e0fff}]`;
const ANY_UNSAFE = new RegExp(UNSAFE, 'u');
const EACH_UNSAFE = new RegExp(`${JOINERS}|(${UNSAFE})`, 'gu');

const EACH_INVISIBLE = new RegExp(`${JOINERS}|([${INVISIBLE}])`, 'gu');
const ANY_INVISIBLE = new RegExp(`[${INVISIBLE}]`, 'u');

/** Names of those that are pasted from web pages and documents most often. */
const NAMES: Readonly<Record<string, string>> = {
  '\u00a0': 'no-break space',
  '\u00ad': 'soft hyphen',
  '\u200b': 'zero-width space',
  '\u200c': 'zero-width non-joiner',
  '\u200d': 'zero-width joiner',
  '\u202f': 'narrow no-break space',
  '\u2060': 'word joiner',
  '\u3000': 'ideographic space',
  '\ufeff': 'byte order mark',
};

/** Returns an untrusted string on one line, without control characters, and at most `maxLength` characters long. */
export function toSingleLine(text: string, maxLength: number): string {
  const plain = showInvisible(text.replaceAll(RUNS, ' ').trim());
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1)}…` : plain;
}

/**
 * Escapes control characters and line breaks (`\u001b`), so that a string cannot forge lines of a log or terminal, and
 * shows invisible characters.
 */
export function escapeControls(text: string): string {
  return showInvisible(text.replaceAll(EACH, escaped));
}

/** Escapes control characters and shows invisible ones, but keeps line breaks. */
export function escapeControlsKeepLines(text: string): string {
  return showInvisible(text.replaceAll('\r\n', '\n').replaceAll(EACH_BUT_NEWLINES, escaped));
}

/**
 * Escapes text for programs, which may print it: control characters, but neither line breaks nor tabs, and invisible
 * characters that can hide or reverse text. Spaces, emoji and letters are unchanged. JSON that is escaped so has the same
 * value.
 */
export function escapeForPrograms(text: string): string {
  if (!ANY_UNSAFE.test(text)) return text;
  return text.replaceAll(EACH_UNSAFE, (found: string, unsafe?: string) =>
    unsafe === undefined ? found : found.split('').map(escaped).join(''),
  );
}

/** Returns the text with a name in place of each invisible character: `<U+00A0>model`. Emoji and letters are unchanged. */
export function showInvisible(text: string): string {
  if (!ANY_INVISIBLE.test(text)) return text;
  return text.replaceAll(EACH_INVISIBLE, (found: string, invisible?: string) =>
    invisible === undefined ? found : `<${codePointOf(invisible)}>`,
  );
}

/** Describes the first invisible character of a text: `U+00A0 (no-break space)`. */
export function describeInvisible(text: string): string | undefined {
  if (!ANY_INVISIBLE.test(text)) return undefined;
  for (const [, invisible] of text.matchAll(EACH_INVISIBLE)) {
    if (invisible === undefined) continue;
    const name = NAMES[invisible];
    return name === undefined ? codePointOf(invisible) : `${codePointOf(invisible)} (${name})`;
  }
  return undefined;
}

function codePointOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`; // of at least one character
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
