import { ConfigOptionsError } from '../errors/config.errors.js';
import { toReadError } from '../sources/content/read-error.js';
import { readStableFile } from '../sources/content/read-stable-file.js';

/** Reasons that say something else than those for the file of a source, by the code of the error. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; create it, or correct its path',
  EISDIR: 'is a directory, not a file; correct its path',
};

/**
 * Reads a file that an option names. A named pipe is refused: to wait for its writer would block a thread of Node.
 *
 * @param option name of the option in an error
 * @throws ConfigOptionsError if it cannot be read
 */
export async function readOptionFile(path: string, option: string): Promise<Buffer> {
  try {
    return (await readStableFile(path, Infinity)).bytes;
  } catch (error) {
    const { code, message } = toReadError(error);
    throw new ConfigOptionsError(`The file ${path} (option "${option}") ${REASONS[code] ?? message}`);
  }
}
