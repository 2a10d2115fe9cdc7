import { dirname, parse, resolve } from 'node:path';
import { isBelow } from '../../util/is-below.js';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { ConfigOrigin } from '../../model/origin.interface.js';
import { formatPath } from '../../model/paths.js';
import { tryExpandPathVariables } from '../content/expand-path-variables.js';
import { contentLayer, type LocatedContent } from '../contract/content-layer.js';
import { parseMount } from '../contract/mount.js';

/** The path of a file, and the mount of its content. */
export class FileLocation {
  /** The path as written in the options, with forward slashes. */
  readonly name: string;
  /** Keys of the path that the content is mounted at. */
  readonly mount: readonly string[];
  /** Base of relative paths, even if the process changes its working directory later. */
  readonly #home = process.cwd();

  /** @throws ConfigOptionsError if `mount` is not a path. */
  constructor(path: string, mount: string | undefined) {
    this.name = path.replaceAll('\\', '/');
    this.mount = parseMount(mount, this.name);
  }

  /** The path with the current values of its environment variables. */
  get file(): string {
    return tryExpandPathVariables(this.name);
  }

  /** The absolute path. */
  get path(): string {
    return resolve(this.#home, this.file);
  }

  /**
   * The directory that imports must not leave: the working directory, or the file's own if it is outside of that. A service
   * has often `/` as its working directory, which would be no limit.
   */
  importRoot(within: string | undefined): string {
    if (within !== undefined) return resolve(this.#home, within);
    const isRoot = parse(this.#home).root === this.#home;
    return !isRoot && isBelow(this.path, this.#home) ? this.#home : dirname(this.path);
  }

  /** The origin of the file as a whole. */
  get origin(): ConfigOrigin {
    return { source: this.name, file: this.file };
  }

  issue(message: string): ConfigIssue {
    return { path: formatPath(this.mount), message, origin: this.origin };
  }

  /** Creates a layer from content of this file. */
  layer(hash: string, value: unknown, content?: LocatedContent) {
    return contentLayer({ source: this.name, file: this.file, mount: this.mount }, hash, value, content);
  }
}
