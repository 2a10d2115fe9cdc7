import { ConfigSourceError } from '../errors/config.errors.js';
import { reasonOf } from '../util/reason-of.js';
import { copyData, isBranch, isObjectBranch, isPlainObject, markOpaque } from '../util/branches.js';
import type { ConfigTree } from '../model/config-tree.js';
import { oneOf, string } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import { parsePathOrKey } from '../model/paths.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource, SourceLoadContext } from './contract/config-source.interface.js';
import { DEPENDS_ON, type Dependencies } from './contract/depends-on.js';
import { treeAtMount } from './contract/mount.js';
import { notNumberWarnings } from './not-numbers.js';

/**
 * Options of `factory()`.
 *
 * @publicApi
 */
export interface FactoryOptions {
  /** Name of the source in errors and in the status. Default: the name of the function, or `factory`. */
  readonly name?: string;
  /** Path below which the result is mounted, like the namespace of `registerAs`: `database`. Default: the top level. */
  readonly namespace?: string;
  /** Effect of a factory that throws: reject the reload, or keep the last good layer. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
}

/**
 * Creates configuration with a function. It is called at boot, in each manual reload, and when another source has other
 * content; not by a safety poll that finds nothing. If it has failed, each reload calls it again. A function that reads a
 * file does not notice when that changes: use `file()` for it.
 *
 * @throws ConfigOptionsError if an option is unknown or invalid.
 *
 * @example
 * ```ts
 * sources: [factory(() => ({ host: hostname(), workers: availableParallelism() }), { namespace: 'machine' })]
 * ```
 *
 * @publicApi
 */
export function factory(make: () => unknown, options: FactoryOptions = {}): ConfigSource {
  checkOptions(options, '', 'factory()');
  return new FactorySource(make, options);
}

const checkOptions = strictObject<FactoryOptions>({
  name: string,
  namespace: string,
  onError: oneOf('reject', 'keep'),
});

export class FactorySource implements ConfigSource {
  /** Nothing is known about what the function reads. */
  readonly [DEPENDS_ON]: Dependencies = { sources: 'others' };
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly #hasher = new ContentHasher();

  constructor(
    private readonly make: () => unknown,
    private readonly options: FactoryOptions,
    readonly unknownKeys?: 'keep',
  ) {
    this.name = options.name ?? (make.name || 'factory');
    this.onError = options.onError ?? 'reject';
  }

  /**
   * Calls the function.
   *
   * @throws ConfigSourceError if the function throws, or does not return an object.
   */
  async load({ known }: SourceLoadContext): Promise<Layer> {
    // A copy, because configuration is frozen, and the app may still use the object that it returned.
    const result = copyData(await this.#call());
    markInstancesOpaque(result);
    const tree = this.#treeOf(result);
    const hash = this.#hasher.hash(tree);
    const unchanged = known.find((layer) => layer.hash === hash);
    if (unchanged !== undefined) return unchanged;
    const origin = { source: this.name };
    const warnings = notNumberWarnings(this.name, tree);
    return { source: this.name, tree, hash, revision: hash, warnings, fromCode: true, locate: () => origin };
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
    throw this.#error('must return an object; return one, or set { namespace }');
  }

  #error(message: string, cause?: unknown): ConfigSourceError {
    const issue = { path: this.options.namespace ?? '', message, origin: { source: this.name } };
    return new ConfigSourceError(`${this.name} could not be loaded`, [issue], { cause });
  }
}

/** Excludes instances, such as a logger or an HTTP agent, from freezing: libraries use them, and may change them. */
function markInstancesOpaque(value: unknown, seen = new Set<object>()): void {
  if (!isBranch(value) || seen.has(value)) return;
  seen.add(value);
  for (const member of Object.values(value)) {
    if (isBranch(member) && !Array.isArray(member) && !isPlainObject(member)) markOpaque(member);
    else markInstancesOpaque(member, seen);
  }
}
