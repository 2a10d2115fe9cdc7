import { createHash } from 'node:crypto';
import type { ConfigSource, ConfigTree, Layer, SourceWatchContext, WatchHandle } from 'nestjs-hot-config';

/** A source that says what a test tells it to. */
export class MemorySource implements ConfigSource {
  #tree: ConfigTree | Error;
  #changed: (() => void) | undefined;
  loads = 0;
  closed = 0;

  constructor(
    tree: ConfigTree,
    readonly name = 'memory',
    readonly onError?: 'reject' | 'keep',
  ) {
    this.#tree = tree;
  }

  /** What the next load yields: a tree, or a failure. Watchers are told. */
  set(tree: ConfigTree | Error): void {
    this.#tree = tree;
    this.#changed?.();
  }

  load(): Promise<Layer> {
    this.loads += 1;
    const tree = this.#tree;
    if (tree instanceof Error) return Promise.reject(tree);
    const hash = createHash('sha256').update(JSON.stringify(tree)).digest('hex');
    return Promise.resolve({
      source: this.name,
      tree: structuredClone(tree),
      hash,
      revision: hash,
      locate: (path) => ({ source: this.name, file: this.name, line: path.length + 1, column: 1 }),
    });
  }

  watch(context: SourceWatchContext): WatchHandle {
    this.#changed = () => context.changed();
    return { close: () => (this.#changed = undefined) };
  }

  close(): void {
    this.closed += 1;
  }
}
