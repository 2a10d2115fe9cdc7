import { join } from 'node:path';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { ConfigTree } from '../../model/config-tree.js';
import type { Layer, LayerFile } from '../../model/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import { sha256, type FileContent } from '../content/parse-content.js';
import { treeAtMount, pathBelowMount } from '../contract/mount.js';

/** One file of a directory: its place in the tree, and what it says. */
export interface ParsedFile {
  /** Relative to the directory, with forward slashes. */
  readonly file: string;
  /** The keys below the mount at which its content hangs. */
  readonly keys: readonly string[];
  readonly content: FileContent;
}

/** What a directory said at one moment; it remembers its files, so that one that stays the same is not parsed again. */
export class DirectoryLayer implements Layer {
  readonly tree: ConfigTree;
  readonly warnings: readonly ConfigIssue[];
  readonly mayRefer = true;
  readonly #parts: ReadonlyMap<string, ParsedFile>;

  constructor(
    readonly source: string,
    readonly hash: string,
    parts: readonly ParsedFile[],
    private readonly mount: readonly string[],
    private readonly path: string,
  ) {
    this.#parts = new Map(parts.map((part) => [mapKey(part.keys), part]));
    this.tree = parts.length === 0 ? {} : treeAtMount(mount, treeOf(parts));
    this.warnings = parts.flatMap((part) => part.content.warnings);
  }

  get revision(): string {
    return this.hash;
  }

  get files(): LayerFile[] {
    return [...this.parts].map(({ file, content: { bytes } }) => ({ path: join(this.path, file), bytes }));
  }

  get parts(): Iterable<ParsedFile> {
    return this.#parts.values();
  }

  /** The part at exactly these keys. */
  partAt(keys: readonly string[]): ParsedFile | undefined {
    return this.#parts.get(mapKey(keys));
  }

  locate(path: readonly string[], part?: OriginPart): ConfigOrigin {
    const below = pathBelowMount(this.mount, path) ?? [];
    const found = this.#partAround(below);
    return found === undefined
      ? { source: this.source, file: this.source }
      : found.content.locate(below.slice(found.keys.length), part);
  }

  /** A mounted ConfigMap has one text per file. */
  stringsOnly(path: readonly string[]): boolean {
    return this.#partAround(pathBelowMount(this.mount, path) ?? [])?.content.stringsOnly ?? false;
  }

  #partAround(below: readonly string[]): ParsedFile | undefined {
    for (let length = 1; length <= below.length; length += 1) {
      const found = this.partAt(below.slice(0, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Equal for equal files under equal ids. */
export function directoryHash(
  files: readonly (readonly [keys: readonly string[], file: string, hash: string])[],
): string {
  return sha256(files.map((file) => JSON.stringify(file)).join('\n'));
}

/** Lists of keys as keys of a map. */
export function mapKey(keys: readonly string[]): string {
  return JSON.stringify(keys);
}

/** Nobody keeps these objects but the layer, so they may be filled one by one. */
function treeOf(parts: readonly ParsedFile[]): ConfigTree {
  const root: Record<string, unknown> = {};
  for (const { keys, content } of parts) {
    let parent = root;
    for (const key of keys.slice(0, -1)) {
      if (!Object.hasOwn(parent, key)) parent[key] = {};
      parent = parent[key] as Record<string, unknown>;
    }
    parent[keys.at(-1)!] = content.value ?? {};
  }
  return root as ConfigTree;
}
