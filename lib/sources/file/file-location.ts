import { dirname, resolve, sep } from 'node:path';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import { formatPath } from '../../model/paths.js';
import { tryExpandPathVariables } from '../content/expand-path-variables.js';
import { treeAtMount, parseMount, pathBelowMount } from '../contract/mount.js';
import type { FileOptions } from './file-options.js';

/** Where a file is, and where its content hangs. */
export class FileLocation {
  /** The path as the app wrote it, with forward slashes. */
  readonly name: string;
  /** The keys below which the content hangs. */
  readonly mount: readonly string[];
  /** Where relative paths start, wherever the process goes later. */
  readonly #home = process.cwd();

  /** @throws ConfigOptionsError where `mount` is no path. */
  constructor(path: string, mount: string | undefined) {
    this.name = path.replaceAll('\\', '/');
    this.mount = parseMount(mount, this.name);
  }

  /** The path with the environment variables in it as they are now. */
  get file(): string {
    return tryExpandPathVariables(this.name);
  }

  /** The absolute path. */
  get path(): string {
    return resolve(this.#home, this.file);
  }

  /** The directory that no import leaves. */
  importsWithin(imports: FileOptions['imports']): string {
    if (typeof imports === 'object') return resolve(this.#home, imports.within);
    const home = this.#home.endsWith(sep) ? this.#home : `${this.#home}${sep}`;
    return this.path.startsWith(home) ? this.#home : dirname(this.path);
  }

  /** The file as a whole, for what has no line in it. */
  get origin(): ConfigOrigin {
    return { source: this.name, file: this.file };
  }

  issue(message: string): ConfigIssue {
    return { path: formatPath(this.mount), message, origin: this.origin };
  }

  /** A layer of content that hangs here. */
  layer(
    hash: string,
    value: unknown,
    locateBelow: (path: readonly string[], part?: OriginPart) => ConfigOrigin,
  ) {
    return {
      source: this.name,
      tree: value === undefined ? {} : treeAtMount(this.mount, value),
      mayRefer: true,
      hash,
      revision: hash,
      locate: (path: readonly string[], part?: OriginPart) => {
        const below = pathBelowMount(this.mount, path);
        return below ? locateBelow(below, part) : this.origin;
      },
    };
  }
}
