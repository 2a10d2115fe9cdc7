import { describe, expect, it } from 'vitest';
import { decodeUtf8 } from '../../../lib/sources/content/decode-utf8.js';
import { FormatError } from '../../../lib/formats/format.error.js';

function problemOf(bytes: Buffer) {
  try {
    decodeUtf8(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error.problems[0];
    throw error;
  }
  return undefined;
}

describe('decodeUtf8', () => {
  it('reads ASCII and UTF-8, with or without a byte order mark', () => {
    expect(decodeUtf8(Buffer.from('a: 1\r\n'))).toBe('a: 1\r\n');
    expect(decodeUtf8(Buffer.from('é: 😀'))).toBe('é: 😀');
    expect(decodeUtf8(Buffer.from('\ufeffé: 1'))).toBe('é: 1');
    expect(decodeUtf8(Buffer.from('\ufeffa'))).toBe('a');
    expect(decodeUtf8(Buffer.alloc(0))).toBe('');
  });

  it('rejects UTF-16 at its first byte', () => {
    for (const bytes of [Buffer.from('\ufeffa: 1', 'utf16le'), Buffer.from([0xfe, 0xff, 0, 0x61])]) {
      expect(problemOf(bytes)).toEqual({
        message: 'is encoded in UTF-16; save it as UTF-8',
        position: { line: 1, column: 1 },
      });
    }
  });

  it('rejects NUL bytes with their position', () => {
    expect(problemOf(Buffer.from('a: 1\né\0'))).toEqual({
      message: expect.stringContaining('NUL'),
      position: { line: 2, column: 2 },
    });
    expect(problemOf(Buffer.from('\ufeffa\0'))?.position).toEqual({ line: 1, column: 2 });
  });

  it.each([
    ['a lone continuation byte', [0x80], 1, 1],
    ['a byte of Latin-1', [0x61, 0x0a, 0xc3, 0xa9, 0xe9, 0x20], 2, 2],
    ['a character cut off at the end', [0x61, 0xf0, 0x9f, 0x98], 1, 2],
    ['a surrogate', [0x0a, 0x0a, 0x61, 0xed, 0xa0, 0x80], 3, 2],
    ['a byte that never occurs', [0xf0, 0x9f, 0x98, 0x80, 0xff], 1, 2],
    ['an overlong form', [0xc0, 0xaf], 1, 1],
  ])('rejects %s with its position', (_what, bytes, line, column) => {
    expect(problemOf(Buffer.from(bytes))).toEqual({
      message: 'is not valid UTF-8 from here on; save it as UTF-8',
      position: { line, column },
    });
  });
});
