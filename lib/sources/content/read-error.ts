/** Code of a path whose environment variables are not set. */
export const UNSET_VARIABLE = 'UNSET';

/** The reason why a file or directory could not be read, and what to do, in one sentence without its subject. */
export class ReadError extends Error {
  override readonly name = 'ReadError';

  constructor(
    message: string,
    /** Code of the system, for example `ENOENT`, or a code of this library, for example `UNSTABLE`. */
    readonly code: string,
    /** `true` if the error may disappear within moments, so that reading is retried before the reload is rejected. */
    readonly isTransient: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** `true` if there is nothing at the path, or its environment variables are not set: `optional` allows both. */
  get isMissing(): boolean {
    return this.code === 'ENOENT' || this.code === UNSET_VARIABLE;
  }
}

const NO_PERMISSION = 'may not be read by this process; give its user permission to read it';

/** Errors of the system that may disappear within moments, for example while a file is replaced. */
const TRANSIENT: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; create it, correct its path, or make the source optional',
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  // While a directory is swapped, there can be a file in its place.
  ENOTDIR: 'cannot be reached: a part of its path is a file, not a directory; correct the path',
  EMFILE: 'cannot be opened: the process has too many open files; raise its limit (ulimit -n)',
  ENFILE: 'cannot be opened: the system has too many open files; raise its limit (fs.file-max)',
  EBUSY: 'cannot be opened: another program has locked it; close that program',
  ESTALE: 'cannot be read: its network volume has changed; mount it again',
};

/** Errors of the system that last until an operator fixes them. Unknown errors count as lasting too. */
const LASTING: Readonly<Record<string, string>> = {
  EISDIR: 'is a directory, not a file; use directory() for it',
  ELOOP: 'cannot be reached: it is a symbolic link that leads back to itself; correct the link',
  ENAMETOOLONG: 'has a path that is longer than the system allows; shorten it',
};

/** Converts an error of the file system. */
export function toReadError(error: unknown): ReadError {
  if (error instanceof ReadError) return error;
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  const reason = TRANSIENT[code] ?? LASTING[code] ?? `cannot be read: ${message}`;
  return new ReadError(reason, code, Object.hasOwn(TRANSIENT, code), { cause: error });
}
