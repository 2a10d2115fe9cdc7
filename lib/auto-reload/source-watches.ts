import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { reasonOf } from '../util/reason-of.js';
import { HANG_TIMEOUT, waitAtMost } from '../util/timeouts.js';
import type { FileWatch, WatchHandle } from '../watch/file-watch.interface.js';

/** Whether watching is wanted at all: nobody may have switched it off, neither the app nor `HOT_RELOAD_ENABLED`. */
export function isWatchingEnabled(
  options: { readonly enabled?: boolean; readonly environments?: readonly string[] },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (options.enabled === false) return false;
  const switchedOff = /^(false|0|no|off)$/i.test(env['HOT_RELOAD_ENABLED']?.trim() ?? '');
  if (switchedOff) return false;
  return (
    options.environments === undefined || options.environments.includes(env['NODE_ENV'] ?? 'development')
  );
}

/** What the watches of sources need of the rest. */
export interface SourceWatchesParts {
  readonly files: FileWatch;
  /** A source may have changed. */
  readonly changed: () => void;
  readonly warn: (message: string) => void;
  /** For those who look closely. */
  readonly verbose: (message: string) => void;
}

/** The watches of all sources: begun and ended together, kept in step when sources come and go. */
export class SourceWatches {
  readonly #handles = new Map<ConfigSource, WatchHandle>();
  #wanted: readonly ConfigSource[] = [];
  #following = Promise.resolve();

  constructor(private readonly parts: SourceWatchesParts) {}

  /** Watches exactly these sources from now on. Never rejects: a source that cannot be watched is warned about. */
  follow(sources: readonly ConfigSource[]): Promise<void> {
    // One after the other: who comes next must know which watches have begun, or one would be left open.
    this.#following = this.#following.then(() => this.#follow(sources));
    return this.#following;
  }

  async #follow(sources: readonly ConfigSource[]): Promise<void> {
    this.#wanted = sources;
    const gone = [...this.#handles.keys()].filter((source) => !sources.includes(source));
    await Promise.all(gone.map((source) => this.#end(source)));
    const added = sources.filter((source) => !this.#handles.has(source));
    await Promise.all(added.map((source) => this.#begin(source)));
  }

  async #begin(source: ConfigSource): Promise<void> {
    try {
      const beginning = this.#watch(source);
      const isOver = await waitAtMost(HANG_TIMEOUT, beginning);
      if (isOver) return;
      beginning.catch((error: unknown) => this.#isBlind(source, error));
      this.parts.warn(`${source.name} takes its time to be watched: the app goes on without it until it is.`);
    } catch (error) {
      this.#isBlind(source, error);
    }
  }

  async #watch(source: ConfigSource): Promise<void> {
    const { files, changed, verbose } = this.parts;
    const handle = await source.watch?.({
      changed: () => {
        if (!this.#wanted.includes(source)) return;
        verbose(`${source.name} may have changed`);
        changed();
      },
      files,
    });
    if (handle === undefined) return;
    // It may have come so late that nobody wants it any more.
    if (this.#wanted.includes(source) && !this.#handles.has(source)) this.#handles.set(source, handle);
    else await this.#close(source, handle);
  }

  #isBlind(source: ConfigSource, error: unknown): void {
    this.parts.warn(
      `${source.name} cannot be watched (${reasonOf(error)}): its changes are found by the safety poll only.`,
    );
  }

  async #end(source: ConfigSource): Promise<void> {
    const handle = this.#handles.get(source);
    this.#handles.delete(source);
    if (handle !== undefined) await this.#close(source, handle);
  }

  async #close(source: ConfigSource, handle: WatchHandle): Promise<void> {
    try {
      const closing = Promise.resolve(handle.close());
      const isOver = await waitAtMost(HANG_TIMEOUT, closing);
      if (isOver) return;
      closing.catch(() => undefined); // it has been told of
      this.parts.warn(
        `The watch of ${source.name} has not ended in ${HANG_TIMEOUT} ms, and is left to itself.`,
      );
    } catch (error) {
      this.parts.warn(`The watch of ${source.name} could not be ended: ${reasonOf(error)}`);
    }
  }
}
