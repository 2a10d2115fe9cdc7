import { reasonOf } from '../../util/reason-of.js';
import { RETRY_INTERVAL } from './save-queue.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is exceeded',
  EROFS: 'the disk is read-only',
  EACCES: 'the process has no permission to write there',
  EPERM: 'the process has no permission to write there',
  ENOENT: 'the directory does not exist and cannot be created',
  ENOTDIR: 'a file is in the place of the directory',
  EEXIST: 'a file is in the place of the directory',
  EIO: 'the disk reports an I/O error',
};

/** The warning for the operator when versions cannot be written. */
export function describeDiskFailure(directory: string, error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] === undefined ? reasonOf(error) : `${REASONS[code]} (${code})`;
  return (
    `Versions cannot be written to ${directory}: ${reason}. They are kept in memory only until this is fixed; ` +
    `writing is retried every ${RETRY_INTERVAL / 1_000} seconds.`
  );
}

/** Checks whether the system refused an operation; other errors are caused by the content of a version. */
export function isDiskFailure(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
