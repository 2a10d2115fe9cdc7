import { describe, expect, it } from 'vitest';
import { toSingleLine, escapeControlsKeepLines } from '../../lib/util/control-characters.js';

describe('Text from outside', () => {
  it('is printed without control characters, on one line and cut if that is requested', () => {
    expect(toSingleLine('a\r\n\u001b[2Jb\u2028c ', 20)).toBe('a [2Jb c');
    expect(toSingleLine('abcdef', 4)).toBe('abc…');
    expect(escapeControlsKeepLines('a\nb\u001b\t\u2066')).toBe('a\nb\\u001b\\u0009\\u2066');
  });
});
