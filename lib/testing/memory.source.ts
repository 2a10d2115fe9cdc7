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
  /** Name in errors, logs and the status. Default `memory`. */
  readonly name?: string;
  /** Effect of a failing load: `reject` the reload, or `keep` the last content of the source. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
  /** `remote` to stand for a source that is read over a network. Default `local`. */
  readonly kind?: 'local' | 'remote';
}

/**
 * Creates a source whose content a test sets: no files, no delays.
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
 * @param tree the initial content; defaults of the schema apply as usual
 * @publicApi
 */
export function memory<T extends object = ConfigTree>(
  tree: ConfigPartial<T>,
  options: MemoryOptions = {},
): MemorySource<T> {
  return new MemorySource(tree, options);
}

/**
 * Source created by `memory()`. Apps that watch it are notified of each change at once; `await settled(app)` waits until
 * the change is applied or rejected.
 *
 * @publicApi
 */
export class MemorySource<T extends object = ConfigTree> implements ConfigSource {
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly kind: 'local' | 'remote';
  readonly #layers: FactorySource;
  #tree: ConfigTree;
  #failure: Error | undefined;
  #isUnread = true;
  #watcher: SourceWatchContext | undefined;

  /**
   * Called by `memory()`, which is shorter.
   *
   * @param tree the initial content; defaults of the schema apply as usual
   * @param options name, effect of a failing load, and kind
   */
  constructor(
    tree: ConfigPartial<T>,
    { name = 'memory', onError = 'reject', kind = 'local' }: MemoryOptions = {},
  ) {
    this.name = name;
    this.onError = onError;
    this.kind = kind;
    this.#tree = treeOf(tree);
    this.#layers = new FactorySource(() => this.#tree, { name });
  }

  /** `true` if no reload has read the latest content yet. */
  get isUnread(): boolean {
    return this.#isUnread;
  }

  /** Replaces the whole content. */
  set(tree: ConfigPartial<T>): void {
    this.#update(treeOf(tree), undefined);
  }

  /** Merges a partial into the content: objects are merged deeply, all other values, arrays included, are replaced. */
  patch(partial: ConfigPartial<T>): void {
    this.#update(merge([this.#tree, treeOf(partial)]), undefined);
  }

  /** Lets each load fail with this error until `set` or `patch` is called, like a missing file or a store that is down. */
  fail(error: Error): void {
    this.#update(this.#tree, error);
  }

  /** Reports that the watch has failed, like a connection that is lost: the source is `stale` until it recovers. */
  failWatch(error: Error): void {
    this.#watcher?.failed(error);
  }

  /** Reports that the watch works again. A change of the content does the same. */
  recoverWatch(): void {
    this.#watcher?.recovered();
  }

  async load(context: SourceLoadContext): Promise<Layer> {
    this.#isUnread = false;
    if (this.#failure !== undefined) throw this.#failure;
    const layer = await this.#layers.load(context);
    // It stands for data, such as a file.
    return layer.fromCode === true ? { ...layer, fromCode: false } : layer;
  }

  watch(context: SourceWatchContext): WatchHandle {
    this.#watcher = context;
    return { close: () => (this.#watcher = undefined) };
  }

  #update(tree: ConfigTree, failure: Error | undefined): void {
    this.#tree = tree;
    this.#failure = failure;
    this.#isUnread = true;
    this.#watcher?.changed();
  }
}

/** Copies, so that later changes of the test's own object have no effect. */
function treeOf(partial: object): ConfigTree {
  return structuredClone(partial) as ConfigTree;
}
