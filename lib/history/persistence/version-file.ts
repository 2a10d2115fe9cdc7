import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

/**
 * The file of one version: a line of text that says what it is and seals the rest, the head, and a chunk for each layer,
 * each compressed on its own, so that the head is read without the layers, and the chunk of a layer that did not change
 * is written again without being made again. `tail -n +2 <file> | gunzip` shows what it holds.
 */

/** Raised when files become unreadable for the releases before. */
const FORMAT = 1;

/** Nobody's configuration is larger; what unpacks to more is not ours. */
const MAX_UNPACKED = 512 * 1024 * 1024;

const SEAL = /^nestjs-hot-config version (\d{1,6}) bytes=(\d{1,12}) head=(\d{1,12}) sha256=([0-9a-f]{64})\n/;
const SEAL_LENGTH = 160;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Why a file cannot be used, for people. */
export class UnusableVersionFile extends Error {
  override readonly name = 'UnusableVersionFile';

  constructor(
    why: string,
    /** Whether it is whole, though not for this release to read: then it is left where it is. */
    readonly isNewer = false,
  ) {
    super(why);
  }
}

/** A file that is whole. */
export interface SealedFile {
  readonly head: Buffer;
  /** The chunks of all layers, one after the other. */
  readonly chunks: Buffer;
}

/** The parts of a file, in their order. */
export async function sealFile(head: string, chunks: readonly Buffer[]): Promise<Buffer[]> {
  const packed = await pack(head);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, packed.length);
  const intro = `nestjs-hot-config version ${FORMAT} bytes=${length} head=${packed.length}`;
  const body = Buffer.concat([packed, ...chunks]);
  return [Buffer.from(`${intro} sha256=${checksum(intro, body)}\n`), body];
}

/** @throws UnusableVersionFile where one byte is missing, too many or not what it was */
export function openFile(bytes: Buffer): SealedFile {
  const line = bytes.toString('latin1', 0, SEAL_LENGTH);
  const [seal, format, length, head, sum] = SEAL.exec(line) ?? [];
  if (seal === undefined) throw new UnusableVersionFile(bytes.length === 0 ? 'is empty' : whyUnsealed(line));
  const body = bytes.subarray(seal.length);
  if (body.length < Number(length))
    throw new UnusableVersionFile(
      `is cut off after ${bytes.length} of ${seal.length + Number(length)} bytes`,
    );
  if (checksum(seal.slice(0, seal.indexOf(' sha256=')), body) !== sum)
    throw new UnusableVersionFile('is damaged: its checksum does not fit its content');
  if (Number(format) > FORMAT)
    throw new UnusableVersionFile(`was written by a newer release (format ${format})`, true);
  return { head: body.subarray(0, Number(head)), chunks: body.subarray(Number(head)) };
}

/** Off the main thread. */
export function pack(text: string): Promise<Buffer> {
  return compress(text, { level: 3 });
}

/** @throws where the bytes were not packed, or unpack to more than is sensible */
export async function unpack(bytes: Buffer): Promise<string> {
  return (await decompress(bytes, { maxOutputLength: MAX_UNPACKED })).toString('utf8');
}

function whyUnsealed(line: string): string {
  return line.startsWith('nestjs-hot-config version ') ? 'is damaged in its first line' : 'is no version';
}

function checksum(intro: string, body: Buffer): string {
  return createHash('sha256').update(intro).update(body).digest('hex');
}
