import { reasonOf } from '../../util/reason-of.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'the directory must not be written to',
  EPERM: 'the directory must not be written to',
  ENOENT: 'the directory is missing and cannot be made',
  ENOTDIR: 'there is a file where the directory should be',
  EEXIST: 'there is a file where the directory should be',
  EIO: 'the disk does not work',
};

/** Why versions are not written, and what becomes of them, for people. */
export function describeDiskFailure(directory: string, error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  const why = REASONS[code] === undefined ? reasonOf(error) : `${REASONS[code]} (${code})`;
  return (
    `Versions cannot be written to ${directory}: ${why}. ` +
    'They are kept in memory, and written when the disk takes them.'
  );
}

/** Whether the system refused something, in contrast to what this code made of it. */
export function isDiskFailure(error: unknown): boolean {
  return typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
