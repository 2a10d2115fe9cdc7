import { resolve } from 'node:path';
import { FormatError } from '../../formats/format.error.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { formatPath } from '../../model/paths.js';
import { redactCredentials } from '../../secrets/credentials.js';
import { decodeUtf8 } from '../content/decode-utf8.js';
import { ReadError, toReadError } from '../content/read-error.js';
import { fileStamp, readStableFile } from '../content/read-stable-file.js';
import type { Variable } from './variable-tree.js';

/** The ending of a variable that names the file with its value, as in the images of Docker: `DB_PASSWORD_FILE`. */
export const FILE_ENDING = '_FILE';

/** Longest value that a message shows as a path. A longer one, or one with several lines, may be the secret itself. */
const LONGEST_PATH = 1_024;

const EMPTY = 'is empty; write the value into it';
const NOT_A_PATH = 'must be the path of a file, but is empty, has several lines, or is too long for a path';

const HIDDEN_FILE = 'a file (not shown, because it may be the value itself) that';

/** A file that a variable names. */
export interface NamedFile extends Omit<Variable, 'value'> {
  /** The path as written in the variable. */
  readonly file: string;
}

/** The files that the variables of one load name, read at one moment. */
export interface NamedFiles {
  readonly variables: readonly Variable[];
  readonly issues: readonly ConfigIssue[];
  /** `true` if all problems may disappear within moments: a file that is being replaced. */
  readonly isTransient: boolean;
  /** Stamps of all files by absolute path; `undefined` for a file that could not be read. */
  readonly stamps: ReadonlyMap<string, string | undefined>;
}

/** Reads the files that variables name. Their content is secret: no message quotes it. */
export async function readNamedFiles(
  source: string,
  home: string,
  named: readonly NamedFile[],
  limits: ContentLimits,
  signal: AbortSignal,
): Promise<NamedFiles> {
  const stamps = new Map<string, string | undefined>();
  const variables: Variable[] = [];
  const issues: ConfigIssue[] = [];
  let isTransient = true;
  let size = 0;
  const report = (of: NamedFile, error: unknown) => {
    const { message, position, isLasting } = problemOf(error);
    isTransient &&= !isLasting;
    const isShown = isPathLike(of.file) && isCertainlyPath(of.file);
    const file = isShown ? { file: redactCredentials(of.file) } : {};
    issues.push({
      path: formatPath(of.keys),
      message: isPathLike(of.file)
        ? `${of.name} names ${isShown ? `the file ${redactCredentials(of.file)}, which` : HIDDEN_FILE} ${message}`
        : `${of.name} ${NOT_A_PATH}`,
      origin: { source, variable: of.name, ...file, ...position },
    });
  };
  for (const each of named) {
    signal.throwIfAborted();
    if (!isPathLike(each.file)) {
      report(each, new ReadError(NOT_A_PATH, 'NOT_A_PATH', false));
      continue;
    }
    const path = resolve(home, each.file);
    stamps.set(path, undefined);
    try {
      const { bytes, stamp } = await readStableFile(path, limits.maxFileSize, signal);
      stamps.set(path, stamp);
      size += bytes.length;
      if (size > limits.maxTotalSize) throw tooLarge(limits.maxTotalSize);
      const value = decodeUtf8(bytes).replace(/\r?\n$/, '');
      if (value.trim() === '') throw new ReadError(EMPTY, 'EMPTY', true);
      variables.push({ ...each, value });
    } catch (error) {
      report(each, error);
    }
  }
  return { variables, issues, isTransient, stamps };
}

/** Checks whether all files are unchanged since they were read: secrets that are rotated together belong together. */
export async function areUnchanged(stamps: NamedFiles['stamps']): Promise<boolean> {
  const now = await Promise.all([...stamps.keys()].map((path) => fileStamp(path).catch(() => undefined)));
  return [...stamps.values()].every((stamp, index) => stamp === now[index]);
}

function isPathLike(file: string): boolean {
  return file.trim() !== '' && file.length <= LONGEST_PATH && !/[\r\n]/.test(file);
}

/** Checks for a path with a start. Anything else may be the secret itself, in the wrong variable. */
function isCertainlyPath(file: string): boolean {
  return /^(?:~|\.{1,2})?[\\/]|^[a-z]:[\\/]/i.test(file);
}

function tooLarge(maxTotalSize: number): ReadError {
  const message = `makes all files together larger than ${maxTotalSize} bytes (limit maxTotalSize)`;
  return new ReadError(`${message}; shorten them or raise the limit`, 'TOO_LARGE', false);
}

function problemOf(error: unknown) {
  if (error instanceof FormatError) {
    const { message, position } = error.problems[0]!; // an error of a format has a problem
    return { message, position, isLasting: false };
  }
  const { message, code, isTransient } = toReadError(error);
  const advice: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist; create it, or correct its path',
    EISDIR: 'is a directory, not a file; name a file in it',
  };
  return { message: advice[code] ?? message, position: {}, isLasting: !isTransient };
}
