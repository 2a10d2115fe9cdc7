import { open, readlink, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from './random.js';

/** The content of a file of the storm: the sum at its end belongs to the number at its start. */
export interface Pair {
  readonly n: number;
  readonly sum?: number;
}

function sumOf(n: number): number {
  return n * 7919 + 13;
}

export interface SavedFileOptions {
  /** The key of the pair in the file; undefined if the file name is the key. */
  readonly key?: string;
  /** `true` if the file may be missing. */
  readonly optional?: boolean;
}

/** Ways to save. `KINDS` leave the file valid; `OTHERS` do not, or change nothing. */
const KINDS = ['in place', 'rename', 'chunks', 'overwrite in chunks', 'delete and recreate', 'link'] as const;
const OTHERS = ['touch', 'syntax', 'schema', 'delete'] as const;
type Kind = (typeof KINDS)[number] | (typeof OTHERS)[number];

/** One file of the storm: saves it in every way, and records each complete content. */
export class SavedFile {
  /** Every number that was written with its sum. */
  readonly whole = new Set<number>();
  /** The number in the file, or what is wrong with the file. */
  content: number | 'absent' | 'invalid' = 'absent';
  wasAbsent = false;
  #n = 0;
  #saving = Promise.resolve();

  constructor(
    readonly path: string,
    private readonly random: Random,
    readonly options: SavedFileOptions = {},
  ) {}

  /** Saves it once, in a random way, after the save in progress. */
  save(): Promise<void> {
    const kind = this.#kind();
    this.#saving = this.#saving.then(() => this.#save(kind));
    return this.#saving;
  }

  /** Saves valid content. */
  repair(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#save('rename'));
    return this.#saving;
  }

  /** Returns the problem of a pair that was read from it, if any. */
  problemOf(pair: Pair | undefined): string | undefined {
    const name = basename(this.path);
    if (pair === undefined) return this.wasAbsent && this.options.optional ? undefined : `${name} is missing`;
    if (pair.sum !== sumOf(pair.n)) return `${name} is torn: ${pair.n} with ${pair.sum}`;
    return this.whole.has(pair.n) ? undefined : `${name} never contained ${pair.n}`;
  }

  #kind(): Kind {
    if (this.random.next() < 0.8) return this.random.pick(KINDS);
    const kind = this.random.pick(OTHERS);
    return kind === 'delete' && !this.options.optional ? 'touch' : kind;
  }

  async #save(kind: Kind): Promise<void> {
    if (kind === 'touch') return this.#touch();
    if (kind === 'delete') return this.#delete();
    if (kind === 'syntax') return this.#write('invalid', '{"n": [1,\n');
    if (kind === 'schema') return this.#write('invalid', this.#text(-1));
    const n = (this.#n += 1);
    const text = this.#text(n);
    // Before it is written: a reader may be faster than the next line here.
    this.whole.add(n);
    if (kind === 'delete and recreate') {
      if (this.content !== 'absent') await unlink(this.path);
      await delay(this.random.int(0, 60));
      return this.#write(n, text);
    }
    if (kind === 'in place') return this.#write(n, text);
    if (kind === 'chunks') await this.#inChunks('w', text);
    if (kind === 'overwrite in chunks') await this.#inChunks(this.content === 'absent' ? 'w' : 'r+', text);
    if (kind === 'rename') await this.#replace((temporary) => writeFile(temporary, text));
    if (kind === 'link') await this.#relink(text);
    this.content = n;
  }

  #text(n: number): string {
    const { key } = this.options;
    const fill = 'x'.repeat(this.random.int(0, 3_000));
    const pair = { n, fill, sum: sumOf(n) };
    if (this.path.endsWith('.json'))
      return JSON.stringify(key === undefined ? pair : { [key]: pair }, null, 1);
    const [head, indent] = key === undefined ? ['', ''] : [`${key}:\n`, '  '];
    return `${head}${indent}n: ${n}\n${indent}fill: "${fill}"\n${indent}sum: ${pair.sum}\n`;
  }

  async #write(content: SavedFile['content'], text: string): Promise<void> {
    await writeFile(this.path, text);
    this.content = content;
  }

  async #inChunks(flags: 'w' | 'r+', text: string): Promise<void> {
    const file = await open(this.path, flags);
    try {
      const cuts = [
        0,
        ...[1, 2].map(() => this.random.int(1, text.length)).sort((a, b) => a - b),
        text.length,
      ];
      for (let i = 0; i < 3; i += 1) {
        await file.write(text.slice(cuts[i], cuts[i + 1]), cuts[i]);
        await delay(this.random.int(1, 40));
      }
      await file.truncate(text.length);
    } finally {
      await file.close();
    }
  }

  async #replace(make: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = join(dirname(this.path), `.${basename(this.path)}.new`);
    await make(temporary);
    await rename(temporary, this.path);
  }

  /** Makes the path a link to a new file, as a switch of releases does. */
  async #relink(text: string): Promise<void> {
    const old = await readlink(this.path).catch(() => undefined);
    const target = join(dirname(this.path), `.${basename(this.path)}.${this.#n}`);
    await writeFile(target, text);
    await this.#replace((temporary) => symlink(target, temporary));
    if (old !== undefined) await rm(old, { force: true });
  }

  async #touch(): Promise<void> {
    const now = new Date();
    await utimes(this.path, now, now).catch(() => undefined);
  }

  async #delete(): Promise<void> {
    this.wasAbsent = true;
    await rm(this.path, { force: true });
    this.content = 'absent';
  }
}
