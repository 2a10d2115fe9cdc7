import { join, sep } from 'node:path';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { ConfigTree } from '../../model/config-tree.js';
import type { Layer, LayerFile } from '../../model/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import { sha256, type FileContent } from '../content/parse-content.js';
import type { ListedFile } from './file-keys.js';
import { treeAtMount, pathBelowMount } from '../contract/mount.js';

/** One file of a directory, with its keys and its content. */
export interface ParsedFile {
  /** Relative to the directory, with forward slashes. */
  readonly file: string;
  /** Keys of its content, below the mount. */
  readonly keys: readonly string[];
  /** The keys in the form of `mapKey()`. */
  readonly key: string;
  readonly content: FileContent;
}

/** The layer of a directory. It keeps the parsed files, so that an unchanged file is not parsed again. */
export class DirectoryLayer implements Layer {
  readonly tree: ConfigTree;
  readonly warnings: readonly ConfigIssue[];
  readonly mayRefer = true;
  readonly #files: ReadonlyMap<string, ParsedFile>;
  #layerFiles: readonly LayerFile[] | undefined;

  constructor(
    readonly source: string,
    readonly hash: string,
    files: readonly ParsedFile[],
    private readonly mount: readonly string[],
    private readonly path: string,
    warnings: readonly ConfigIssue[] = [],
  ) {
    this.#files = new Map(files.map((file) => [file.key, file]));
    this.tree = files.length === 0 ? {} : treeAtMount(mount, treeOf(files));
    this.warnings = [...warnings, ...files.flatMap(({ content }) => content.warnings)];
  }

  get revision(): string {
    return this.hash;
  }

  /** Made when they are first read, and once. */
  get files(): readonly LayerFile[] {
    const root = join(this.path, sep);
    return (this.#layerFiles ??= [...this.parsedFiles].map(({ file, content: { bytes } }) => ({
      path: root + (sep === '/' ? file : file.replaceAll('/', sep)),
      bytes,
    })));
  }

  get parsedFiles(): Iterable<ParsedFile> {
    return this.#files.values();
  }

  fileWithKey(key: string): ParsedFile | undefined {
    return this.#files.get(key);
  }

  locate(path: readonly string[], part?: OriginPart): ConfigOrigin {
    const below = pathBelowMount(this.mount, path) ?? [];
    const found = this.#fileAround(below);
    return found === undefined
      ? { source: this.source, file: this.source }
      : found.content.locate(below.slice(found.keys.length), part);
  }

  textOf(path: readonly string[]): string | undefined {
    const below = pathBelowMount(this.mount, path) ?? [];
    const found = this.#fileAround(below);
    return found?.content.textOf(below.slice(found.keys.length));
  }

  /** Returns `true` for paths in files whose values are all strings, such as the files of a mounted ConfigMap. */
  stringsOnly(path: readonly string[]): boolean {
    return this.#fileAround(pathBelowMount(this.mount, path) ?? [])?.content.stringsOnly ?? false;
  }

  #fileAround(below: readonly string[]): ParsedFile | undefined {
    for (let length = 1; length <= below.length; length += 1) {
      const found = this.fileWithKey(mapKey(below.slice(0, length)));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Hashes files with their keys. */
export function directoryHash(
  files: readonly (Pick<ListedFile, 'hashed'> & { readonly hash: string })[],
): string {
  return sha256(files.map(({ hashed, hash }) => `${hashed}"${hash}"]`).join('\n'));
}

/** Turns a list of keys into a key for a Map. */
export function mapKey(keys: readonly string[]): string {
  return JSON.stringify(keys);
}

/** Fills the new objects in place, because they are not shared yet. */
function treeOf(files: readonly ParsedFile[]): ConfigTree {
  const root: Record<string, unknown> = {};
  for (const { keys, content } of files) {
    let parent = root;
    for (const key of keys.slice(0, -1)) {
      if (!Object.hasOwn(parent, key)) parent[key] = {};
      parent = parent[key] as Record<string, unknown>;
    }
    parent[keys.at(-1)!] = content.value ?? {};
  }
  return root as ConfigTree;
}
