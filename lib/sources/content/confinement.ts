import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { escapeControls } from '../../util/control-characters.js';
import { isAtOrBelow, isBelow } from '../../util/is-below.js';
import { LocalDirectories } from '../../util/local-directories.js';
import { ReadError } from './read-error.js';

/**
 * The directory that content must not lead out of, not even through a link: else it could be any file of the machine. For one
 * load: it remembers where directories are.
 */
export class Confinement {
  #realRoots: Promise<readonly string[]> | undefined;
  readonly #realDirectories = new Map<string, Promise<string>>();
  readonly #local = new LocalDirectories();

  constructor(
    /** Absolute path. It may be a link itself. */
    private readonly root: string,
    /** The option that sets another directory, for errors. */
    private readonly option: string,
    /** Absolute path of the directory whose own content stays allowed, whatever `root` is. */
    private readonly home = root,
  ) {}

  /** @throws ReadError if the path is outside as it is written, or leads outside through a link */
  async require(path: string): Promise<void> {
    if (!isBelow(path, this.root)) throw this.#refusal('is outside');
    await this.requireTarget(path);
  }

  /** @throws ReadError if the path leads outside through a link. What does not exist leads nowhere. */
  async requireTarget(path: string): Promise<void> {
    const real = await this.#realPath(path);
    if (real === path || isBelow(real, this.root)) return;
    const roots = await (this.#realRoots ??= Promise.all([realpath(this.root), realpath(this.home)]));
    // A link to the directory itself stays in it.
    if (roots.some((root) => isAtOrBelow(real, root))) return;
    throw this.#refusal(`is a link to ${escapeControls(real)}, which is outside`);
  }

  /** Most files are no links: then only their directory can be somewhere else, and many files share it. */
  async #realPath(path: string): Promise<string> {
    const parent = dirname(path);
    const isLocal = (await this.#local.deviceOf(parent)) !== undefined;
    if (!isLocal || !this.#local.fileStats(path)?.isFile()) return realpath(path).catch(() => path);
    let directory = this.#realDirectories.get(parent);
    if (directory === undefined) {
      directory = realpath(parent).catch(() => parent);
      this.#realDirectories.set(parent, directory);
    }
    return join(await directory, basename(path));
  }

  #refusal(what: string): ReadError {
    const message = `${what} ${this.root}; move it there, or allow another directory with ${this.option}`;
    return new ReadError(message, 'OUTSIDE', false);
  }
}
