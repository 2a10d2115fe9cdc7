import { ConfigSourceError } from '../errors/config.errors.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { Dependencies } from '../sources/contract/depends-on.js';
import type { SourceStates } from '../sources/source-states.js';
import type { SourceContent } from './drift-after-rollback.js';
import type { FactoryInputs } from './factory-runs.js';
import type { LayerMemory } from './layer-memory.js';
import type { AskedSources, LoadOutcome } from './load-outcome.js';

/** The parts of a reload that the load of a factory needs. */
export interface FactoryLoadContext {
  readonly memory: LayerMemory;
  readonly states: SourceStates;
  /** `true` if all factories must be called. */
  readonly fresh: boolean;
  readonly replacementFor?: ((source: ConfigSource, content: SourceContent) => Layer | undefined) | undefined;
}

/** The load of a source whose content a function makes. */
export interface FactoryLoad {
  readonly source: ConfigSource;
  readonly dependencies: Dependencies;
  /** Calls the function. */
  readonly load: () => Promise<LoadOutcome>;
  /** All loads of this reload. */
  readonly loading: ReadonlyMap<ConfigSource, Promise<LoadOutcome>>;
  /** The loads that factories may wait for; undefined for a source that waits for another one. */
  readonly independent: ReadonlyMap<ConfigSource, Promise<LoadOutcome | undefined>>;
  readonly asked: AskedSources;
  /** The outcome of the same reload, if the sources are read for the second time. */
  readonly earlier: Promise<LoadOutcome> | undefined;
}

/**
 * Calls a factory, if fresh content is wanted or a source that it may depend on has other content, else returns the layer
 * that it has made from this content. The outcome has neither a layer nor a failure if a source has failed that it
 * depends on: the reload is rejected for that, and an error of the factory would only hide it.
 */
export async function loadFactory(run: FactoryLoad, context: FactoryLoadContext): Promise<LoadOutcome> {
  const { source, dependencies, load, asked, earlier } = run;
  const { factoryRuns } = context.memory;
  const isNew = earlier === undefined && (context.fresh || !factoryRuns.hasLayer(source));
  // It does not wait for the others if it is called anyway: they may be slow.
  const early = isNew && dependencies.sources === 'others' ? load() : undefined;
  const inputs = await inputsOf(run);
  if (inputs === undefined) return (await early) ?? { source, warnings: [] };
  if (earlier !== undefined && factoryRuns.isLast(source, inputs)) return earlier;
  const known = context.fresh ? undefined : knownOutcome(source, inputs, context);
  if (known !== undefined) return known;
  const outcome = recorded(source, inputs, early ?? load(), context);
  asked.set(source, outcome);
  return outcome;
}

/** Returns the layers that a factory may depend on; undefined if a source has none. */
async function inputsOf({
  dependencies,
  loading,
  independent,
}: FactoryLoad): Promise<FactoryInputs | undefined> {
  await Promise.resolve(); // until all loads have started
  const { sources } = dependencies;
  const waited: Iterable<Promise<LoadOutcome | undefined>> =
    sources === 'others' ? independent.values() : sources.flatMap((each) => loading.get(each) ?? []);
  const outcomes = await Promise.all(waited);
  const known = outcomes.filter((outcome) => outcome !== undefined);
  if (known.some(({ layer }) => layer === undefined)) return undefined;
  return new Map(known.map(({ source, layer }) => [source, layer!])); // checked above
}

/** Returns the outcome of an earlier call for the same content. */
function knownOutcome(
  source: ConfigSource,
  inputs: FactoryInputs,
  { memory, states, replacementFor }: FactoryLoadContext,
): LoadOutcome | undefined {
  const { factoryRuns } = memory;
  const replacement = replacementFor?.(source, memory.contentOf(source));
  const known = factoryRuns.layerFor(source, inputs, replacement !== undefined);
  if (known === undefined) return undefined;
  // What it has returned last for this content stays what was seen of it, also if that is not in force.
  if (replacement === undefined && !factoryRuns.isLast(source, inputs)) memory.markSeen(source, known);
  states.of(source).loaded();
  const layer = replacement ?? known;
  return { source, layer, warnings: layer.warnings ?? [] };
}

async function recorded(
  source: ConfigSource,
  inputs: FactoryInputs,
  loading: Promise<LoadOutcome>,
  { memory }: FactoryLoadContext,
): Promise<LoadOutcome> {
  const outcome = await loading;
  const { factoryRuns } = memory;
  const { layer } = memory.lastRead(source);
  if (layer !== undefined)
    return { ...outcome, warnings: [...outcome.warnings, ...factoryRuns.returned(source, inputs, layer)] };
  const edits = factoryRuns.failed(source, inputs);
  if (outcome.failure === undefined) return outcome; // its last good layer is kept
  return { ...outcome, failure: withIssues(outcome.failure, edits) };
}

function withIssues(failure: ConfigSourceError, added: readonly ConfigIssue[]): ConfigSourceError {
  if (added.length === 0) return failure;
  const { summary, issues, cause, revision } = failure;
  const options = revision === undefined ? { cause } : { cause, revision };
  return new ConfigSourceError(summary, [...issues, ...added], options);
}
