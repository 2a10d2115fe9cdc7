import { isAscii, isUtf8 } from 'node:buffer';
import { FormatError } from '../../formats/format.error.js';
import { codePointsIn } from '../../formats/character-counts.js';
import type { TextPosition } from '../../formats/text-position.js';

/**
 * Decodes the bytes of a file: UTF-8, with or without a byte order mark.
 *
 * @throws FormatError for any other encoding, and for NUL bytes, with the position of the first invalid byte.
 */
export function decodeUtf8(bytes: Buffer): string {
  if (isUtf16(bytes)) throw problem('is encoded in UTF-16; save it as UTF-8', { line: 1, column: 1 });
  const zero = bytes.indexOf(0);
  if (zero !== -1)
    throw problem(
      'contains a NUL byte: it is binary or incomplete; save it as text',
      positionOf(bytes, zero),
    );
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes))
    throw problem(
      'is not valid UTF-8 from here on; save it as UTF-8',
      positionOf(bytes, firstBadByte(bytes)),
    );
  return bytes.toString('utf8', hasByteOrderMark(bytes) ? 3 : 0);
}

function problem(message: string, position: TextPosition): FormatError {
  return new FormatError([{ message, position }]);
}

function isUtf16(bytes: Buffer): boolean {
  const [first, second] = bytes;
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

function hasByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** A newline byte is never part of another character, so the first invalid line contains the first invalid byte. */
function firstBadByte(bytes: Buffer): number {
  let start = 0;
  let end = bytes.indexOf(0x0a);
  while (end !== -1 && isUtf8(bytes.subarray(start, end))) {
    start = end + 1;
    end = bytes.indexOf(0x0a, start);
  }
  let at = start;
  while (isUtf8(bytes.subarray(at, at + lengthFrom(bytes[at]!)))) at += lengthFrom(bytes[at]!);
  return at;
}

/** Returns the length of a character in bytes, by its first byte. Its other bytes are checked by `isUtf8`. */
function lengthFrom(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** Returns the position of a byte. All bytes before it must be valid. */
function positionOf(bytes: Buffer, at: number): TextPosition {
  const start = bytes.lastIndexOf(0x0a, at) + 1;
  let line = 1;
  for (let end = bytes.indexOf(0x0a); end !== -1 && end < at; end = bytes.indexOf(0x0a, end + 1)) line += 1;
  const before = bytes.toString('utf8', start === 0 && hasByteOrderMark(bytes) ? 3 : start, at);
  return { line, column: codePointsIn(before, 0, before.length) + 1 };
}
