import type { ConfigSource } from '../sources/config-source.interface.js';
import type { FileWatch, WatchHandle } from './file-watch.interface.js';

/** Whether watching is wanted at all: the option first, then `HOT_RELOAD_ENABLED`, then `NODE_ENV`. */
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

/** The watches of all sources: begun and ended together, kept in step when sources come and go. */
export class SourceWatches {
  readonly #handles = new Map<ConfigSource, WatchHandle>();

  constructor(
    private readonly files: FileWatch,
    private readonly changed: () => void,
  ) {}

  /** Watches exactly these sources from now on. */
  async follow(sources: readonly ConfigSource[]): Promise<void> {
    const gone = [...this.#handles.keys()].filter((source) => !sources.includes(source));
    await Promise.all(gone.map((source) => this.#end(source)));
    const added = sources.filter((source) => !this.#handles.has(source));
    await Promise.all(added.map((source) => this.#begin(source)));
  }

  async #begin(source: ConfigSource): Promise<void> {
    const handle = await source.watch?.({ changed: () => this.changed(), files: this.files });
    if (handle !== undefined) this.#handles.set(source, handle);
  }

  async #end(source: ConfigSource): Promise<void> {
    const handle = this.#handles.get(source);
    this.#handles.delete(source);
    await handle?.close();
  }
}
