/** A file or directory that could not be read: why, and what to do, in one sentence. */
export class ReadError extends Error {
  override readonly name = 'ReadError';

  constructor(
    message: string,
    /** The system's code, or a name of ours, for example `ENOENT` or `UNSTABLE`. */
    readonly code: string,
    /** Whether a moment may mend it. */
    readonly isTransient: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Nothing stands at the path. */
  get isMissing(): boolean {
    return this.code === 'ENOENT';
  }
}

interface Reason {
  readonly message: string;
  readonly isTransient?: boolean;
}

const REASONS: Readonly<Record<string, Reason>> = {
  ENOENT: {
    message: 'does not exist; create it, correct its path, or make the source optional',
    isTransient: true,
  },
  EACCES: { message: 'may not be read by this process; give its user permission to read it', isTransient: true },
  EPERM: { message: 'may not be read by this process; give its user permission to read it', isTransient: true },
  EISDIR: { message: 'is a directory, not a file; use directory() for it' },
  // In the middle of a swap of directories there can be a file where a directory belongs.
  ENOTDIR: { message: 'cannot be reached; a part of its path is a file, not a directory', isTransient: true },
  ELOOP: { message: 'cannot be reached; it is a symbolic link that leads back to itself' },
  ENAMETOOLONG: { message: 'cannot exist; its path is longer than the system allows' },
  EMFILE: { message: 'cannot be opened now; the process has too many files open', isTransient: true },
  ENFILE: { message: 'cannot be opened now; the system has too many files open', isTransient: true },
  EBUSY: { message: 'cannot be opened now; another program holds it', isTransient: true },
  ESTALE: { message: 'cannot be read now; its network volume has moved on', isTransient: true },
};

/** The sentence for an error of the file system. */
export function toReadError(error: unknown): ReadError {
  if (error instanceof ReadError) return error;
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? { message: `cannot be read: ${message}` };
  return new ReadError(reason.message, code, reason.isTransient ?? false, { cause: error });
}
