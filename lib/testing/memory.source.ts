import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import { merge } from '../snapshot/merge.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from '../sources/contract/config-source.interface.js';
import { FactorySource } from '../sources/factory.source.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import type { ConfigPartial } from './config-partial.type.js';

/**
 * Options of `memory()`.
 *
 * @publicApi
 */
export interface MemoryOptions {
  /** How the source is called in errors, logs and the status. Default `memory`. */
  readonly name?: string;
  /** Whether a failure rejects the reload, or keeps what the source said before. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
}

/**
 * A source that says what a test tells it to: no files, no waiting for them.
 *
 * @example
 * ```ts
 * const source = memory<AppConfig>({ llm: { model: 'small' } });
 * const module = await Test.createTestingModule({
 *   imports: [HotConfigModule.forRoot({ schema: AppConfig, sources: [source] })],
 *   providers: [LlmService],
 * }).compile();
 * const app = await module.init();
 *
 * source.patch({ llm: { model: 'large' } });
 * await settled(app);
 * ```
 *
 * @param tree what it says at first; of a schema, what its initialisers do not say already
 * @publicApi
 */
export function memory<T extends object = ConfigTree>(
  tree: ConfigPartial<T>,
  options: MemoryOptions = {},
): MemorySource<T> {
  return new MemorySource(tree, options);
}

/**
 * What `memory()` makes. Whatever it is told, watching apps learn of at once; `await settled(app)` waits until they are
 * through with it.
 *
 * @publicApi
 */
export class MemorySource<T extends object = ConfigTree> implements ConfigSource {
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly #layers: FactorySource;
  #tree: ConfigTree;
  #failure: Error | undefined;
  #isUnread = true;
  #watcher: SourceWatchContext | undefined;

  constructor(tree: ConfigPartial<T>, { name = 'memory', onError = 'reject' }: MemoryOptions = {}) {
    this.name = name;
    this.onError = onError;
    this.#tree = treeOf(tree);
    this.#layers = new FactorySource(() => this.#tree, { name });
  }

  /** Whether it was told something that no reload has asked for yet. */
  get isUnread(): boolean {
    return this.#isUnread;
  }

  /** From now on it says this, and nothing of what it said before. */
  set(tree: ConfigPartial<T>): void {
    this.#tell(treeOf(tree), undefined);
  }

  /** Changes some of what it says: objects merge deep, everything else, arrays too, replaces. */
  patch(partial: ConfigPartial<T>): void {
    this.#tell(merge([this.#tree, treeOf(partial)]), undefined);
  }

  /** From now on it cannot be loaded, as a file that is gone, or a store that is down; until `set` or `patch`. */
  fail(error: Error): void {
    this.#tell(this.#tree, error);
  }

  async load(context: SourceLoadContext): Promise<Layer> {
    this.#isUnread = false;
    if (this.#failure !== undefined) throw this.#failure;
    return this.#layers.load(context);
  }

  watch(context: SourceWatchContext): WatchHandle {
    this.#watcher = context;
    return { close: () => (this.#watcher = undefined) };
  }

  #tell(tree: ConfigTree, failure: Error | undefined): void {
    this.#tree = tree;
    this.#failure = failure;
    this.#isUnread = true;
    this.#watcher?.changed();
  }
}

/** What a partial of the app's own types is to a source. A copy: what the test does with its own object is its affair. */
function treeOf(partial: object): ConfigTree {
  return structuredClone(partial) as ConfigTree;
}
