import type { Layer } from '../../model/layer.interface.js';
import type { SourceChanges } from '../../reload/source-changes.js';
import type { ConfigSource, SourceLoadContext } from '../../sources/contract/config-source.interface.js';
import type { ConfigFactoryLike, DeclaredFactory } from './declared-factory.js';
import type { EnvironmentVariables } from './environment-variables.js';

/** The sources of configuration factories. Several modules may declare the same factory: it is called once. */
export class FactorySources {
  readonly #known = new Set<ConfigFactoryLike>();

  constructor(private readonly environment: EnvironmentVariables | undefined) {}

  /** Returns the sources of the factories that are known before the first load. */
  sourcesOf(declared: readonly DeclaredFactory[]): ConfigSource[] {
    return declared.flatMap(({ factory, source }) => {
      if (this.#known.has(factory)) return [];
      this.#known.add(factory);
      return [this.#withEnvironment(source)];
    });
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
    const source = this.#withEnvironment(declared.source);
    const result = await sources.change((others) => [...others, source]);
    if (result.outcome === 'rejected') throw result.error;
    this.#known.add(declared.factory);
  }

  #withEnvironment(source: ConfigSource): ConfigSource {
    return this.environment === undefined ? source : new SourceWithEnvironment(source, this.environment);
  }
}

/** A factory that may read `process.env`: while it runs, it sees there the env files of the same reload. */
class SourceWithEnvironment implements ConfigSource {
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly unknownKeys = 'keep';

  constructor(
    private readonly factory: ConfigSource,
    private readonly environment: EnvironmentVariables,
  ) {
    this.name = factory.name;
    this.onError = factory.onError ?? 'reject';
  }

  async load(context: SourceLoadContext): Promise<Layer> {
    const variables = await context.layerOf?.(this.environment.source);
    // If the env files cannot be used, the reload is rejected for that: an error of the factory would only hide it.
    if (variables === undefined) return context.known.at(-1) ?? { ...EMPTY_LAYER, source: this.name };
    return this.environment.runWith(variables, () => this.factory.load(context));
  }
}

const EMPTY_LAYER = Object.freeze({ tree: {}, hash: '', revision: '', locate: () => undefined });
