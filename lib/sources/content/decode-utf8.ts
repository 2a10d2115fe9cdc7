import { isAscii, isUtf8 } from 'node:buffer';
import { FormatError } from '../../formats/format.error.js';
import { codePointsIn, type TextPosition } from '../../formats/text-position.js';

/**
 * The text of a file: UTF-8, with or without a byte order mark.
 *
 * @throws FormatError for any other encoding, and for NUL bytes, with the place of the first bad byte.
 */
export function decodeUtf8(bytes: Buffer): string {
  if (isUtf16(bytes)) throw problem('is encoded in UTF-16; save it as UTF-8', { line: 1, column: 1 });
  const zero = bytes.indexOf(0);
  if (zero !== -1)
    throw problem('holds a NUL byte: it is no text, or not written to its end', positionOf(bytes, zero));
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes))
    throw problem('is not valid UTF-8 from here on', positionOf(bytes, firstBadByte(bytes)));
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

/** A newline is never part of a longer character: the first bad line holds the first bad byte. */
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

/** How many bytes a character has by its first byte; whether they are right is for `isUtf8` to say. */
function lengthFrom(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** The position of a byte before which all is valid, or of a NUL. */
function positionOf(bytes: Buffer, at: number): TextPosition {
  const start = bytes.lastIndexOf(0x0a, at) + 1;
  let line = 1;
  for (let end = bytes.indexOf(0x0a); end !== -1 && end < at; end = bytes.indexOf(0x0a, end + 1)) line += 1;
  const before = bytes.toString('utf8', start === 0 && hasByteOrderMark(bytes) ? 3 : start, at);
  return { line, column: codePointsIn(before, 0, before.length) + 1 };
}
