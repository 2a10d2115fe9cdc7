import type { Layer } from '../../model/layer.interface.js';
import type { SourceChanges } from '../../reload/source-changes.js';
import type { ConfigSource, SourceLoadContext } from '../../sources/contract/config-source.interface.js';
import { DEPENDS_ON, type Dependencies } from '../../sources/contract/depends-on.js';
import { FactorySource } from '../../sources/factory.source.js';
import type { ConfigFactoryLike, DeclaredFactory } from './declared-factory.js';
import type { EnvironmentVariables } from './environment-variables.js';
import { VariableReads } from './variable-reads.js';

/** The sources of configuration factories. Several modules may declare the same factory: it is called once. */
export class FactorySources {
  readonly #known = new Set<ConfigFactoryLike>();

  constructor(private readonly environment: EnvironmentVariables | undefined) {}

  /** Returns the sources of the factories that are known before the first load. */
  sourcesOf(declared: readonly DeclaredFactory[]): ConfigSource[] {
    return declared.flatMap(({ factory, source }) => {
      if (this.#known.has(factory)) return [];
      this.#known.add(factory);
      return [this.#withEnvironment(source, this.#environmentOnly)];
    });
  }

  /** Returns the sources of the options, of which those made by `factory()` see the env files as well. */
  withEnvironment(sources: readonly ConfigSource[]): ConfigSource[] {
    return sources.map((source) =>
      source instanceof FactorySource ? this.#withEnvironment(source, source[DEPENDS_ON].sources) : source,
    );
  }

  /** `true` if the factory was known at the first load, or a module that was loaded later has added it. */
  has({ factory }: DeclaredFactory): boolean {
    return this.#known.has(factory);
  }

  /** `true` if there is any factory: a schema need not describe what it returns. */
  get hasAny(): boolean {
    return this.#known.size > 0;
  }

  /**
   * Adds a factory of a module that is loaded later. One call must end before the next one.
   *
   * @throws HotConfigError if the factory fails, or its result is not valid
   */
  async add(declared: DeclaredFactory, sources: SourceChanges): Promise<void> {
    if (this.has(declared)) return; // added meanwhile, by another module
    const source = this.#withEnvironment(declared.source, this.#environmentOnly);
    const result = await sources.change((others) => [...others, source]);
    if (result.outcome === 'rejected') throw result.error;
    this.#known.add(declared.factory);
  }

  /** The whole environment: code that keeps a reference to `process.env` reads it unobserved. */
  get #environmentOnly(): Dependencies['sources'] {
    return this.environment === undefined ? 'others' : [this.environment.source];
  }

  #withEnvironment(source: ConfigSource, dependsOn: Dependencies['sources']): ConfigSource {
    return this.environment === undefined
      ? source
      : new SourceWithEnvironment(source, this.environment, dependsOn);
  }
}

/** A factory that may read `process.env`: while it runs, it sees there the env files of the same reload. */
class SourceWithEnvironment implements ConfigSource {
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly unknownKeys?: 'allow' | 'keep';
  readonly [DEPENDS_ON]: Dependencies;
  #lastReads = new VariableReads();

  constructor(
    private readonly factory: ConfigSource,
    private readonly environment: EnvironmentVariables,
    dependsOn: Dependencies['sources'],
  ) {
    this.name = factory.name;
    this.onError = factory.onError ?? 'reject';
    if (factory.unknownKeys !== undefined) this.unknownKeys = factory.unknownKeys;
    this[DEPENDS_ON] = { sources: dependsOn, hasRead: (name) => this.#lastReads.has(name) };
  }

  async load(context: SourceLoadContext): Promise<Layer> {
    const variables = await context.layerOf?.(this.environment.source);
    // The env files could not be read, which rejects the reload.
    if (variables === undefined) return this.factory.load(context);
    const reads = (this.#lastReads = new VariableReads());
    const layer = await this.environment.runWith(variables, reads, () => this.factory.load(context));
    return { ...layer, madeFrom: () => this.environment.locateAll(reads) };
  }
}
