import { randomBytes } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { reasonOf } from '../util/reason-of.js';
import type { LastRead } from './layer-memory.js';
import type { LayerFile } from '../model/layer.interface.js';
import type { RecordedLayer, VersionRecord } from '../history/version-record.js';
import { DEFAULT_CONTENT_LIMITS } from '../limits/content-limits.js';
import { sha256 } from '../sources/content/parse-content.js';
import { toReadError } from '../sources/content/read-error.js';
import { readStableFile } from '../sources/content/read-stable-file.js';
import { writeWhole } from '../util/write-atomically.js';

/**
 * Writes the files of a version back, each one atomically. A file is not overwritten if it has changed since the app
 * last read it: a user may be working on it.
 *
 * @param lastRead returns the last load of a source
 * @returns an issue for each file that could not be written
 */
export async function writeBack(
  { version, layers }: VersionRecord,
  lastRead: (source: string) => LastRead | undefined,
): Promise<ConfigIssue[]> {
  const issues: ConfigIssue[] = [];
  for (const layer of layers) {
    const last = lastRead(layer.source);
    // An optional file that was removed has no `files` now, but those of the version are written back.
    const isFile = last?.failed !== undefined || (last?.layer?.files ?? layer.files) !== undefined;
    if (last === undefined || !isFile || last.layer?.hash === layer.hash) continue;
    const problems = layer.files
      ? await writeFiles(layer.files, last, version)
      : [`${layer.source} was not written back: its files of version ${version} are not kept`];
    issues.push(...problems.map((message) => ({ path: '', message, origin: { source: layer.source } })));
  }
  return issues;
}

async function writeFiles(
  files: NonNullable<RecordedLayer['files']>,
  last: LastRead,
  version: number,
): Promise<string[]> {
  const problems: string[] = [];
  for (const file of files) {
    const problem = await writeOne(file, last);
    if (problem !== undefined) problems.push(`${file.path} was not written back: ${problem}`);
  }
  const added = (last.layer?.files ?? []).filter(({ path }) => !files.some((file) => file.path === path));
  const remaining = added.map(
    ({ path }) => `${path} was not removed, though version ${version} did not have it; remove it if needed`,
  );
  return [...problems, ...remaining];
}

async function writeOne({ path, bytes }: LayerFile, last: LastRead): Promise<string | undefined> {
  try {
    const before = last.layer?.files?.find((file) => file.path === path)?.bytes;
    const present = await readIfAny(path, Math.max(bytes.length, before?.length ?? 0));
    if (present?.equals(bytes)) return undefined;
    if (!isUnchanged(path, present, last)) return 'it has changed since the app last read it';
    await replace(path, bytes);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Keeps the mode and the owner of the file, and writes to the target of a link. */
async function replace(path: string, bytes: Buffer): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const like = await stat(target).catch(() => undefined);
  const name = `.${basename(target)}.${randomBytes(4).toString('hex')}.tmp`;
  const temporary = join(dirname(target), name);
  await writeWhole(target, bytes, { temporary, mode: 0o666, ...(like && { like }) });
}

/** There may be anything by now: a pipe would never end, and a device would fill the memory. */
async function readIfAny(path: string, longest: number): Promise<Buffer | undefined> {
  try {
    const limit = Math.max(longest, DEFAULT_CONTENT_LIMITS.maxFileSize);
    return (await readStableFile(path, limit)).bytes;
  } catch (error) {
    if (toReadError(error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Checks whether a file is as the app last read it. Of content that could not be parsed only the hash is known. */
function isUnchanged(path: string, present: Buffer | undefined, { layer, failed }: LastRead): boolean {
  if (failed !== undefined) return present === undefined || sha256(present) === failed;
  const before = layer?.files?.find((file) => file.path === path);
  return present === undefined ? before === undefined : before?.bytes.equals(present) === true;
}
