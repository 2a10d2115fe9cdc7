import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMATS, type Format } from './formats.js';
import { treeOf } from './trees.js';

/** Stands in the text for the leaf that changes. */
const PLACEHOLDER = 7_000_007;

/** A configuration file of which each save changes one leaf: 0, 1, 2 and so on. */
export class ChangingFile {
  /** The text of the largest one takes seconds to write. */
  private static readonly texts = new Map<string, string>();
  private leaf = 0;

  private constructor(
    private readonly folder: string,
    readonly path: string,
    private readonly text: string,
  ) {}

  /** @param extension if a contestant needs another one than the format has */
  static async create(keys: number, format: Format, extension: string = format): Promise<ChangingFile> {
    const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
    const name = `${format} ${keys}`;
    const text = this.texts.get(name) ?? FORMATS[format].write(treeOf(keys, PLACEHOLDER));
    this.texts.set(name, text);
    const file = new ChangingFile(folder, join(folder, `app.${extension}`), text);
    await writeFile(file.path, file.content());
    return file;
  }

  /** Replaces the file by a rename. */
  async save(): Promise<void> {
    this.leaf += 1;
    const next = join(this.folder, '.new');
    await writeFile(next, this.content());
    await rename(next, this.path);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  private content(): string {
    return this.text.replace(String(PLACEHOLDER), String(this.leaf));
  }
}
