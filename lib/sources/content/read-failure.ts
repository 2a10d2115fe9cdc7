/** A file or directory that could not be read: why, and what to do, in one sentence. */
export class ReadFailure extends Error {
  override readonly name = 'ReadFailure';

  constructor(
    message: string,
    /** The system's code, or a name of ours, for example `ENOENT` or `UNSTABLE`. */
    readonly code: string,
    /** Whether a moment may mend it. */
    readonly mayPass: boolean,
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
  readonly mayPass?: boolean;
}

const REASONS: Readonly<Record<string, Reason>> = {
  ENOENT: {
    message: 'does not exist; create it, correct its path, or make the source optional',
    mayPass: true,
  },
  EACCES: { message: 'may not be read by this process; give its user permission to read it', mayPass: true },
  EPERM: { message: 'may not be read by this process; give its user permission to read it', mayPass: true },
  EISDIR: { message: 'is a directory, not a file; use directory() for it' },
  // In the middle of a swap of directories there can be a file where a directory belongs.
  ENOTDIR: { message: 'cannot be reached; a part of its path is a file, not a directory', mayPass: true },
  ELOOP: { message: 'cannot be reached; it is a symbolic link that leads back to itself' },
  ENAMETOOLONG: { message: 'cannot exist; its path is longer than the system allows' },
  EMFILE: { message: 'cannot be opened now; the process has too many files open', mayPass: true },
  ENFILE: { message: 'cannot be opened now; the system has too many files open', mayPass: true },
  EBUSY: { message: 'cannot be opened now; another program holds it', mayPass: true },
  ESTALE: { message: 'cannot be read now; its network volume has moved on', mayPass: true },
};

/** The sentence for an error of the file system. */
export function readFailureOf(error: unknown): ReadFailure {
  if (error instanceof ReadFailure) return error;
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? { message: `cannot be read: ${message}` };
  return new ReadFailure(reason.message, code, reason.mayPass ?? false, { cause: error });
}
