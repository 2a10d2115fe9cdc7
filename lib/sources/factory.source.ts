import { ConfigSourceError } from '../errors/config.errors.js';
import { reasonOf } from '../util/reason-of.js';
import { copyData, isBranch, isObjectBranch, isPlainObject, markOpaque } from '../util/branches.js';
import type { ConfigTree } from '../model/config-tree.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import { parsePathOrKey } from '../model/paths.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource, SourceLoadContext } from './contract/config-source.interface.js';
import { treeAtMount } from './contract/mount.js';

/**
 * Options of `factory()`.
 *
 * @publicApi
 */
export interface FactoryOptions {
  /** How the source is called in errors and in the status. Default: the function's name, or `factory`. */
  readonly name?: string;
  /** The path below which the result hangs, as the namespace of `registerAs`: `database`, `database.driver`. Default: none. */
  readonly namespace?: string;
  /** Whether a factory that throws rejects the reload, or keeps what it gave before. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
}

/**
 * Configuration that a function makes. It is called at each reload, so what it reads (the environment, a file) may have
 * changed since.
 *
 * @example
 * ```ts
 * sources: [factory(() => ({ host: hostname(), workers: availableParallelism() }), { namespace: 'machine' })]
 * ```
 *
 * @publicApi
 */
export function factory(make: () => unknown, options: FactoryOptions = {}): ConfigSource {
  return new FactorySource(make, options);
}

/** What `factory()` makes. */
export class FactorySource implements ConfigSource {
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly #hasher = new ContentHasher();

  constructor(
    private readonly make: () => unknown,
    private readonly options: FactoryOptions,
  ) {
    this.name = options.name ?? (make.name || 'factory');
    this.onError = options.onError ?? 'reject';
  }

  /**
   * Calls the function.
   *
   * @throws ConfigSourceError where it throws, or gives something that is no object
   */
  async load({ known }: SourceLoadContext): Promise<Layer> {
    // A copy: what becomes configuration is frozen, and what the app keeps is its own.
    const made = copyData(await this.#call());
    leaveInstances(made);
    const tree = this.#treeOf(made);
    const hash = this.#hasher.hash(tree);
    const same = known.find((layer) => layer.hash === hash);
    const origin = { source: this.name };
    return same ?? { source: this.name, tree, hash, revision: hash, locate: () => origin };
  }

  async #call(): Promise<unknown> {
    try {
      return await this.make();
    } catch (error) {
      throw this.#error(`failed: ${reasonOf(error)}`, error);
    }
  }

  #treeOf(value: unknown): ConfigTree {
    const { namespace } = this.options;
    if (namespace !== undefined) return treeAtMount(parsePathOrKey(namespace), value);
    if (isObjectBranch(value)) return value as ConfigTree;
    throw this.#error('must give an object, or be given a namespace');
  }

  #error(message: string, cause?: unknown): ConfigSourceError {
    const issue = { path: this.options.namespace ?? '', message, origin: { source: this.name } };
    return new ConfigSourceError(`${this.name} ${message}`, [issue], { cause });
  }
}

/** A logger, a naming strategy, an agent: what an app hands to its libraries by way of configuration is theirs. */
function leaveInstances(value: unknown, seen = new Set<object>()): void {
  if (!isBranch(value) || seen.has(value)) return;
  seen.add(value);
  for (const member of Object.values(value)) {
    if (isBranch(member) && !Array.isArray(member) && !isPlainObject(member)) markOpaque(member);
    else leaveInstances(member, seen);
  }
}
