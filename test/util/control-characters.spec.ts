import { describe, expect, it } from 'vitest';
import {
  describeInvisible,
  escapeControls,
  escapeControlsKeepLines,
  showInvisible,
  toSingleLine,
} from '../../lib/util/control-characters.js';

describe('Text from outside', () => {
  it('is printed without control characters, on one line and cut if that is requested', () => {
    expect(toSingleLine('a\r\n\u001b[2Jb\u2028c ', 20)).toBe('a [2Jb c');
    expect(toSingleLine('abcdef', 4)).toBe('abc…');
    expect(escapeControlsKeepLines('a\nb\u001b\t\u2066')).toBe('a\nb\\u001b\\u0009\\u2066');
  });

  it.each([
    ['\u00a0model', '<U+00A0>model', 'U+00A0 (no-break space)'],
    ['mo\u200bdel', 'mo<U+200B>del', 'U+200B (zero-width space)'],
    ['mo\u200ddel', 'mo<U+200D>del', 'U+200D (zero-width joiner)'],
    ['so\u00adft', 'so<U+00AD>ft', 'U+00AD (soft hyphen)'],
    ['\ufeffa', '<U+FEFF>a', 'U+FEFF (byte order mark)'],
    ['a\u2060b\u202fc', 'a<U+2060>b<U+202F>c', 'U+2060 (word joiner)'],
    ['a\u3164', 'a<U+3164>', 'U+3164'],
    ['a\u{e0041}', 'a<U+E0041>', 'U+E0041'],
    ['a\ufe0f', 'a<U+FE0F>', 'U+FE0F'],
    ['4\u200d4', '4<U+200D>4', 'U+200D (zero-width joiner)'],
  ])('shows invisible characters: %j', (text, shown, described) => {
    for (const show of [showInvisible, escapeControls, escapeControlsKeepLines])
      expect(show(text)).toBe(shown);
    expect(toSingleLine(`x${text}x`, 50)).toBe(`x${shown}x`);
    expect(describeInvisible(text)).toBe(described);
  });

  it('shows characters that change the direction of writing', () => {
    expect(escapeControls('a\u202eb')).toBe('a\\u202eb');
    expect(showInvisible('a\u202eb')).toBe('a<U+202E>b');
  });

  it.each([
    'plain text, 42 # * -',
    'café, Ünïcode, Ελλάδα, 日本語, 한국어, ไทย, עברית',
    '👩‍💻 👨‍👩‍👧 ❤️ 🏳️‍🌈 👍🏽 1️⃣ #️⃣ 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 🇩🇪',
    'می\u200cخواهم क्\u200dष',
  ])('keeps letters and emoji as they are: %s', (text) => {
    expect(escapeControls(text)).toBe(text);
    expect(describeInvisible(text)).toBeUndefined();
  });
});
