import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WatchHandle, WatchTarget } from '../../../lib/watch/file-watch.interface.js';
import { FileWatcher } from '../../../lib/watch/file-watcher.js';
import type { WatchOptions } from '../../../lib/watch/watch-options.js';

/** The content that a witness reads if there is no file. */
export const ABSENT = '(absent)';

/** Resolves when `isSo` returns `true`; fails after `deadline` ms. */
export async function until(what: string, isSo: () => boolean, deadline = 30_000): Promise<void> {
  const end = performance.now() + deadline;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`Not true after ${deadline} ms: ${what}`);
    await pause(2);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Makes a text that is long enough to be read by half, and shows if it was. */
export function content(name: string, kilobytes = 64): string {
  const line = `${name}: ${'x'.repeat(60)}\n`;
  return `begin ${name}\n${line.repeat(Math.ceil((kilobytes * 1024) / line.length))}end ${name}\n`;
}

/** Reads a target each time it has settled, as a source does. */
export class Witness {
  /** The content at each call. */
  readonly read: string[] = [];
  handle: WatchHandle | undefined;
  readonly #whenCalled = new Set<() => void>();

  constructor(readonly target: WatchTarget) {}

  /** The content at each call, without missing files and repetitions. */
  get seen(): string[] {
    const present = this.read.filter((text) => text !== ABSENT);
    return present.filter((text, index) => index === 0 || text !== present[index - 1]);
  }

  get last(): string | undefined {
    return this.read.at(-1);
  }

  settled = (): void => {
    this.read.push(this.look());
    for (const call of this.#whenCalled) call();
  };

  onCall(call: () => void): void {
    this.#whenCalled.add(call);
  }

  look(): string {
    try {
      if (this.target.kind === 'file') return readFileSync(this.target.path, 'utf8');
      const names = readdirSync(this.target.path, {
        recursive: this.target.recursive ?? false,
        encoding: 'utf8',
      });
      const counted = names.filter((name) => this.target.filter?.(name) ?? true).sort();
      return counted.map((name) => `${name}=${read(join(this.target.path, name))}`).join('\n');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return ABSENT;
    }
  }

  sees(text: string): Promise<void> {
    return until(
      `${this.target.path} was seen with ${JSON.stringify(text.slice(0, 40))}`,
      () => this.last === text,
    );
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '(unreadable)';
  }
}

/** A temporary directory with a watcher. */
export class Scene {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'watch-')));
  readonly warnings: string[] = [];
  readonly missed: string[] = [];
  safetyPolls = 0;
  readonly watcher: FileWatcher;
  #marker: Witness | undefined;
  #marks = 0;

  constructor(options: WatchOptions = {}) {
    this.watcher = new FileWatcher(options, {
      warn: (message) => this.warnings.push(message),
      onMissed: (path) => this.missed.push(path),
      onSafetyPoll: () => (this.safetyPolls += 1),
    });
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  directory(...names: string[]): string {
    const path = this.path(...names);
    mkdirSync(path, { recursive: true });
    return path;
  }

  write(name: string, text: string): string {
    const path = this.path(name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  watchFile(path: string): Promise<Witness> {
    return this.watch({ path, kind: 'file' });
  }

  async watch(target: WatchTarget): Promise<Witness> {
    const witness = new Witness(target);
    witness.handle = await this.watcher.watch(target, witness.settled);
    return witness;
  }

  /**
   * Resolves when all earlier changes have settled: a change of another file, made now, settles together with all that is
   * still pending, and not before it.
   */
  async rest(): Promise<void> {
    this.#marker ??= await this.watchFile(this.write('marker/marker', 'mark 0'));
    const mark = `mark ${(this.#marks += 1)}`;
    writeFileSync(this.#marker.target.path, mark);
    await this.#marker.sees(mark);
  }

  /** Waits until a target has the content `last` and everything has settled. Returns all that was seen of it. */
  async seenBy(witness: Witness, last: string | undefined): Promise<string[]> {
    await witness.sees(last ?? ABSENT);
    await this.rest();
    return witness.seen;
  }

  /** Closes, and fails if there was a warning or a change without an event. */
  async closeCalm(): Promise<void> {
    await this.close();
    if (this.warnings.length > 0) throw new Error(`There were warnings: ${this.warnings.join(' ')}`);
    if (this.missed.length > 0)
      throw new Error(`There were changes without an event: ${this.missed.join(' ')}`);
  }

  async close(): Promise<void> {
    await this.watcher.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}
