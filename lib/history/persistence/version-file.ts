import { createHash, timingSafeEqual, type Hash, type Hmac } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { HistoryKey } from './history-key.js';

/**
 * The format of the file of a version: a first line with the lengths, a checksum of the rest and, with `history.key`, an
 * authentication code; the head; and a chunk for each layer. Head and chunks are compressed separately, so that the head
 * can be read without the layers, and the chunk of an unchanged layer can be written again without compressing it again.
 * `tail -n +2 <file> | gunzip` shows the content.
 *
 * The checksum tells damage from another key or a forgery. The code authenticates the name of the file and all of its
 * content, so that a file can neither be changed, nor renamed, nor put in the place of another one.
 */

/**
 * Incremented when an earlier release would misread a file. A new member of the head does not increase it: releases ignore
 * the members that they do not know.
 */
const FORMAT = 2;
/** The files of this format are read too. */
const PREVIOUS_FORMAT = 1;
/** The files of this format have no authentication code: with a key, they cannot be trusted, and are not read. */
const FORMAT_WITHOUT_CODE = 1;

const ANY_FORMAT = /^nestjs-hot-config version (\d{1,15}) /;
const FIRST_LINE =
  /^nestjs-hot-config version [12] bytes=(\d{1,12}) head=(\d{1,12}) sha256=([0-9a-f]{64})(?: hmac-sha256=([0-9a-f]{64}))?\n/;
const MAX_FIRST_LINE = 240;

/** Number of bytes that are hashed at a time: the event loop is free in between. */
const SLICE = 4 * 1024 * 1024;

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** A file that cannot be used as a version. The message is a predicate: `is empty`. */
export class UnusableVersionFile extends Error {
  override readonly name = 'UnusableVersionFile';

  constructor(
    reason: string,
    /**
     * `true` if the file is left in its place, because it may be good: its checksum is right, or it was written by another
     * release or with another key. It belongs to no app here, and is never removed.
     */
    readonly stays = false,
  ) {
    super(reason);
  }
}

/** A file of a format that cannot be used here. The release that has written it can use it: it stays, and so does its number. */
export class OtherFormatFile extends UnusableVersionFile {
  constructor(format: number, reason: string) {
    super(
      `was written by ${format > FORMAT ? 'a newer' : 'an earlier'} release (format ${format}), ${reason}`,
      true,
    );
  }
}

/** Returns whether files of a format are what this release writes: it removes no others. */
export function isOwnFormat(format: number): boolean {
  return format === FORMAT;
}

/** A file of a directory of versions. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The parts of a file that is complete and, with a key, authentic. */
export interface VersionFileParts {
  /** The number of its format. */
  readonly format: number;
  readonly head: Buffer;
  /** The chunks of all layers, one after the other. */
  readonly chunks: Buffer;
}

/** Returns the content of the file `name`, in two buffers. */
export async function encodeVersionFile(
  name: string,
  head: string,
  chunks: readonly Buffer[],
  key: HistoryKey | undefined,
): Promise<Buffer[]> {
  const compressed = await compress(head);
  const body = Buffer.concat([compressed, ...chunks]);
  const lengths = `nestjs-hot-config version ${FORMAT} bytes=${body.length} head=${compressed.length}`;
  const sum = await checksum(lengths, body);
  const intro = `${lengths} sha256=${sum}`;
  const seal = key && (await sealOf(key, name, intro, body));
  return [Buffer.from(`${intro}${seal === undefined ? '' : ` hmac-sha256=${seal}`}\n`), body];
}

/**
 * Checks a file. Nothing of it is decompressed or parsed before.
 *
 * @throws UnusableVersionFile if a single byte is missing, added or different, or, with a key, if it is not authentic
 */
export async function decodeVersionFile(
  { name, bytes }: NamedBytes,
  key: HistoryKey | undefined,
): Promise<VersionFileParts> {
  const line = bytes.toString('latin1', 0, MAX_FIRST_LINE);
  const format = formatOf(line);
  refuseOtherFormat(format, key);
  const [firstLine, length, head, sum, seal] = FIRST_LINE.exec(line) ?? [];
  if (firstLine === undefined) throw new UnusableVersionFile(describeFirstLine(line));
  const body = bytes.subarray(firstLine.length);
  if (body.length < Number(length))
    throw new UnusableVersionFile(
      `is cut off after ${bytes.length} of ${firstLine.length + Number(length)} bytes`,
    );
  if ((await checksum(firstLine.slice(0, firstLine.indexOf(' sha256=')), body)) !== sum)
    throw new UnusableVersionFile('is damaged: its checksum does not match its content');
  if (key !== undefined) {
    const intro = firstLine.slice(0, firstLine.indexOf(' sha256=') + ' sha256='.length + sum!.length);
    if (seal === undefined) throw new UnusableVersionFile('was written without history.key', true);
    if (!isEqual(seal, await sealOf(key, name, intro, body)))
      throw new UnusableVersionFile('was changed or renamed, or written with another history.key', true);
  }
  return { format, head: body.subarray(0, Number(head)), chunks: body.subarray(Number(head)) };
}

/** Compresses in another thread. */
export function compress(value: string): Promise<Buffer> {
  return gzipAsync(value, { level: 3 });
}

/**
 * Decompresses in another thread.
 *
 * @throws if the bytes are not compressed, or would be more than `maxLength` bytes
 */
export async function decompress(bytes: Buffer, maxLength: number): Promise<string> {
  return (await gunzipAsync(bytes, { maxOutputLength: maxLength })).toString('utf8');
}

/** Returns the number of the format in a first line; that of this release if it has none, and is damaged. */
function formatOf(line: string): number {
  return Number(ANY_FORMAT.exec(line)?.[1] ?? FORMAT);
}

/** The format is checked before anything else: all that follows it in the line may differ between formats. */
function refuseOtherFormat(format: number, key: HistoryKey | undefined): void {
  if (format > FORMAT) throw new OtherFormatFile(format, 'which can use it again');
  if (format < PREVIOUS_FORMAT)
    throw new OtherFormatFile(format, 'and can be read by the release after it only');
  if (format === FORMAT_WITHOUT_CODE && key !== undefined)
    throw new OtherFormatFile(format, 'which did not authenticate files: with history.key, it is not used');
}

function describeFirstLine(line: string): string {
  if (line === '') return 'is empty';
  return line.startsWith('nestjs-hot-config version ')
    ? 'is damaged in its first line'
    : 'is not a version file';
}

function checksum(intro: string, body: Buffer): Promise<string> {
  return digestOf(createHash('sha256').update(intro), body);
}

/** Neither a name nor an intro contains a line break, so no two files have the same input. */
function sealOf(key: HistoryKey, name: string, intro: string, body: Buffer): Promise<string> {
  return digestOf(key.authenticate().update(`${name}\n${intro}\n`), body);
}

async function digestOf(hash: Hash | Hmac, body: Buffer): Promise<string> {
  for (let start = 0; start < body.length; start += SLICE) {
    if (start > 0) await nextTurn();
    hash.update(body.subarray(start, start + SLICE));
  }
  return hash.digest('hex');
}

function isEqual(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'));
}
