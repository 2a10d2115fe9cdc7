import type { SafeLogger } from '../logging/safe-logger.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Layer } from '../model/layer.interface.js';
import type { Part } from '../model/part.interface.js';
import { Listeners } from '../util/listeners.js';
import { reasonOf } from '../util/reason-of.js';
import type { ConfigSource, SourceChecks, SourceHealth } from './contract/config-source.interface.js';
import { RunningLoads } from './running-loads.js';
import { SourceState } from './source-state.js';
import type { SourcesStatus } from './source-status.interface.js';

export interface SourceStatesContext {
  /** The sources of the app. */
  readonly sources: { readonly all: readonly ConfigSource[] };
  /** What is in force. */
  readonly store: {
    readonly inForce: {
      readonly layers: ReadonlyMap<ConfigSource, Layer>;
      readonly valueWarnings: readonly ConfigIssue[];
    };
  };
  readonly logger: SafeLogger;
  /** Returns the revision of a layer as it may be shown; undefined for a local source. */
  readonly revisionOf: (source: ConfigSource, layer: Layer) => string | undefined;
  /** Redacts secrets in details, which other code has written. */
  readonly redact: (text: string) => string;
}

/**
 * Knows everything about the sources of an app beyond their layers: the changes that they have reported, the outcomes of
 * their loads, their watches, and what follows for their health.
 */
export class SourceStates implements Part {
  /** Called when a source that had failed has answered in the background: a reload uses the answer. */
  readonly answers: Listeners<ConfigSource>;
  readonly #states = new WeakMap<ConfigSource, SourceState>();
  readonly #adopted = new WeakMap<ConfigSource, Layer>();
  /** Undefined if the sources were not read since `takeTriggers()`. */
  #triggers: Set<ConfigSource> | undefined;

  constructor(
    private readonly context: SourceStatesContext,
    readonly loads = new RunningLoads(),
  ) {
    this.answers = new Listeners((error) => context.logger.error(reasonOf(error)));
  }

  of(source: ConfigSource): SourceState {
    let state = this.#states.get(source);
    if (state === undefined) {
      state = new SourceState(source, (message) => this.context.logger.log(message));
      this.#states.set(source, state);
    }
    return state;
  }

  /** Returns states that know nothing, for loads that must leave no trace here. */
  fork(): SourceStates {
    return new SourceStates(this.context, this.loads);
  }

  /**
   * Returns the sources whose reported changes the reload that ends has read: they have triggered it, or would have.
   * Undefined if it has read no source.
   */
  takeTriggers(): ReadonlySet<ConfigSource> | undefined {
    const triggers = this.#triggers;
    this.#triggers = undefined;
    return triggers;
  }

  /** Called when a reload starts to collect layers from the sources. */
  startReload(): void {
    this.#triggers = new Set();
  }

  /** Returns the last hint of a source whose load starts. */
  startLoad(source: ConfigSource): unknown {
    const { hint, isReported } = this.of(source).startLoad();
    if (isReported) this.#triggers?.add(source);
    return hint;
  }

  /** Returns the layer that a source has answered in the background. */
  takeAnswer(source: ConfigSource): Layer | undefined {
    const answer = this.of(source).takeAnswer();
    if (answer !== undefined) this.#triggers?.add(source);
    return answer;
  }

  /** @param layer the layer of the source that is in force */
  healthOf(source: ConfigSource, layer: Layer | undefined): SourceHealth {
    const health = this.of(source).health(layer);
    return health.detail === undefined ? health : { ...health, detail: this.context.redact(health.detail) };
  }

  status(): SourcesStatus {
    const { sources, store } = this.context;
    const { layers, valueWarnings } = store.inForce;
    const ofValues = this.#lasting(valueWarnings);
    return {
      ...(ofValues.length > 0 && { warnings: ofValues }),
      sources: sources.all.map((source) => {
        const layer = layers.get(source);
        const { state, since, detail } = this.healthOf(source, layer);
        const revision = layer && this.context.revisionOf(source, layer);
        const warnings = this.#lasting(layer?.warnings);
        const checks = this.#checksOf(source);
        return {
          name: source.name,
          health: state,
          since: new Date(since),
          ...(detail !== undefined && { detail }),
          ...(revision !== undefined && { revision }),
          ...(checks !== undefined && { checks }),
          ...(warnings.length > 0 && { warnings }),
        };
      }),
    };
  }

  #checksOf(source: ConfigSource): SourceChecks | undefined {
    try {
      const checks = source.checks?.();
      if (checks === undefined) return undefined;
      const { count, failures, last } = checks;
      return { count: Number(count), failures: Number(failures), ...(last instanceof Date && { last }) };
    } catch (error) {
      this.context.logger.errorOnce(source, `checks() of ${source.name} failed: ${reasonOf(error)}`);
      return undefined;
    }
  }

  /** Returns the warnings about the content itself, without those about an edit that led to it. */
  #lasting(warnings: readonly ConfigIssue[] = []): ConfigIssue[] {
    return warnings
      .filter(({ occurrence }) => occurrence === undefined)
      .map((issue) => ({ ...issue, message: this.context.redact(issue.message) }));
  }

  /** Notifies the sources whose layers are newly in force. */
  assigned({ layers }: { readonly layers: ReadonlyMap<ConfigSource, Layer> }): void {
    for (const [source, layer] of layers) {
      if (this.#adopted.get(source) === layer) continue;
      this.#adopted.set(source, layer);
      const failed = (error: unknown) =>
        this.context.logger.warn(`adopted() of ${source.name} failed: ${reasonOf(error)}`);
      try {
        // Not awaited: a slow cache must not delay the commit.
        Promise.resolve(source.adopted?.(layer)).catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }

  /** Ends all loads, those of later reloads included: a source that does not answer must not keep the process alive. */
  close(): void {
    this.loads.close();
  }
}
