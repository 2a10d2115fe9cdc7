import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

/**
 * The format of the file of a version: a first line with the lengths and a checksum of the rest; the head; and a chunk
 * for each layer. Head and chunks are compressed separately, so that the head can be read without the layers, and the
 * chunk of an unchanged layer can be written again without compressing it again. `tail -n +2 <file> | gunzip` shows the
 * content.
 */

/** Incremented when earlier releases cannot read the files any more. */
const FORMAT = 1;

/** Limit for a decompressed part. No configuration is larger. */
const MAX_DECOMPRESSED = 512 * 1024 * 1024;

const FIRST_LINE =
  /^nestjs-hot-config version (\d{1,6}) bytes=(\d{1,12}) head=(\d{1,12}) sha256=([0-9a-f]{64})\n/;
const MAX_FIRST_LINE = 160;

const gzipAsync = promisify(gzip);
const gunzipAsync = promisify(gunzip);

/** A file that cannot be used as a version. The message is a predicate: `is empty`. */
export class UnusableVersionFile extends Error {
  override readonly name = 'UnusableVersionFile';

  constructor(
    reason: string,
    /** `true` if the file is complete, but was written by a newer release: it is left in its place. */
    readonly isNewer = false,
  ) {
    super(reason);
  }
}

/** The parts of a file whose checksum is right. */
export interface VersionFileParts {
  readonly head: Buffer;
  /** The chunks of all layers, one after the other. */
  readonly chunks: Buffer;
}

/** Returns the content of a file, in two buffers. */
export async function encodeVersionFile(head: string, chunks: readonly Buffer[]): Promise<Buffer[]> {
  const compressed = await compress(head);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, compressed.length);
  const intro = `nestjs-hot-config version ${FORMAT} bytes=${length} head=${compressed.length}`;
  const body = Buffer.concat([compressed, ...chunks]);
  return [Buffer.from(`${intro} sha256=${checksum(intro, body)}\n`), body];
}

/** @throws UnusableVersionFile if a single byte is missing, added or different */
export function decodeVersionFile(bytes: Buffer): VersionFileParts {
  const line = bytes.toString('latin1', 0, MAX_FIRST_LINE);
  const [firstLine, format, length, head, sum] = FIRST_LINE.exec(line) ?? [];
  if (firstLine === undefined) throw new UnusableVersionFile(describeFirstLine(line));
  const body = bytes.subarray(firstLine.length);
  if (body.length < Number(length))
    throw new UnusableVersionFile(
      `is cut off after ${bytes.length} of ${firstLine.length + Number(length)} bytes`,
    );
  if (checksum(firstLine.slice(0, firstLine.indexOf(' sha256=')), body) !== sum)
    throw new UnusableVersionFile('is damaged: its checksum does not match its content');
  if (Number(format) > FORMAT)
    throw new UnusableVersionFile(`was written by a newer release (format ${format})`, true);
  return { head: body.subarray(0, Number(head)), chunks: body.subarray(Number(head)) };
}

/** Compresses in another thread. */
export function compress(value: string): Promise<Buffer> {
  return gzipAsync(value, { level: 3 });
}

/** @throws if the bytes are not compressed, or exceed the limit when they are decompressed */
export async function decompress(bytes: Buffer): Promise<string> {
  return (await gunzipAsync(bytes, { maxOutputLength: MAX_DECOMPRESSED })).toString('utf8');
}

function describeFirstLine(line: string): string {
  if (line === '') return 'is empty';
  return line.startsWith('nestjs-hot-config version ')
    ? 'is damaged in its first line'
    : 'is not a version file';
}

function checksum(intro: string, body: Buffer): string {
  return createHash('sha256').update(intro).update(body).digest('hex');
}
