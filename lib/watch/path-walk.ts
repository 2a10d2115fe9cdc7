import type { BigIntStats } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse } from 'node:path';
import { Looks } from './looks.js';

/** As many as Linux follows before it fails with ELOOP. */
const MAX_LINKS = 40;

/** The kind of thing that a name in a directory refers to. */
export type EntryKind = 'directory' | 'link' | 'file' | 'missing';

/** The end of a path, after all links. */
export type Destination =
  | { readonly kind: 'file'; readonly path: string; readonly stats: BigIntStats; readonly links: string }
  | { readonly kind: 'directory'; readonly path: string; readonly links: string }
  | { readonly kind: 'nothing'; readonly code: string };

/**
 * Walks paths as the kernel does, one name at a time, and remembers every name that it looked up in every real directory:
 * these are exactly the places where a change can make the path lead elsewhere. Within one walk, each place is read once.
 */
export class PathWalk {
  /** The names looked up, by the real directory they were looked up in. */
  readonly lookups = new Map<string, Map<string, EntryKind>>();
  readonly #entered = new Map<string, BigIntStats>();

  /** @param looks shared by the walks that start at the same moment */
  constructor(private readonly looks = new Looks()) {}

  async resolve(path: string): Promise<Destination> {
    const { root } = parse(path);
    const names = namesOf(path.slice(root.length));
    const links: string[] = [];
    let directory = root;

    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (name === '..') {
        directory = dirname(directory);
        continue;
      }
      const place = join(directory, name);
      const stats = await this.stats(place);
      if (typeof stats === 'string') {
        this.#note(directory, name, 'missing');
        return { kind: 'nothing', code: stats };
      }
      if (stats.isDirectory()) {
        this.#note(directory, name, 'directory');
        this.enter(place, stats);
        directory = place;
      } else if (stats.isSymbolicLink()) {
        this.#note(directory, name, 'link');
        links.push(`${identityOf(stats)}:${stats.ctimeNs}`);
        if (links.length > MAX_LINKS) return { kind: 'nothing', code: 'ELOOP' };
        const target = await readlink(place).catch(() => undefined);
        if (target === undefined) return { kind: 'nothing', code: 'ENOENT' };
        if (isAbsolute(target)) directory = parse(target).root;
        names.push(...namesOf(target));
      } else {
        this.#note(directory, name, 'file');
        if (names.length > 0) return { kind: 'nothing', code: 'ENOTDIR' };
        return { kind: 'file', path: place, stats, links: links.join() };
      }
    }
    return { kind: 'directory', path: directory, links: links.join() };
  }

  /** Records the stats of a directory on the path, or below the end of it. */
  enter(directory: string, stats: BigIntStats): void {
    this.#entered.set(directory, stats);
  }

  /** Returns the device and inode of a directory that was entered. A directory swapped by rename has others. */
  identityOf(directory: string): string {
    // A root directory is entered without reading its stats; it cannot be swapped.
    const stats = this.#entered.get(directory);
    return stats === undefined ? 'root' : identityOf(stats);
  }

  /** Returns the stats of a directory that was entered; undefined for a root directory. */
  statsOf(directory: string): BigIntStats | undefined {
    return this.#entered.get(directory);
  }

  /** Returns the stats of a path without following a link at its end, or the code of the error. */
  stats(place: string): Promise<BigIntStats | string> {
    return this.looks.at(place);
  }

  #note(directory: string, name: string, kind: EntryKind): void {
    const names = this.lookups.get(directory);
    if (names) names.set(name, kind);
    else this.lookups.set(directory, new Map([[name, kind]]));
  }
}

/** Returns the device and inode, which differ if another file or directory gets the same name. */
export function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}`;
}

/** Splits a path into its names, last first, so that `pop` returns the next one. */
function namesOf(path: string): string[] {
  return path
    .split(process.platform === 'win32' ? /[\\/]/ : '/')
    .filter((name) => name !== '' && name !== '.')
    .reverse();
}
