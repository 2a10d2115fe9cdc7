import { isInstance } from '../util/is-instance.js';
import { reasonOf } from '../util/reason-of.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppCalls } from '../model/app-call.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { ConfigSourceError } from '../errors/config.errors.js';
import { isObjectBranch } from '../util/branches.js';
import type { RestoredLayer } from '../history/restored-layer.js';
import type { Layer } from '../model/layer.interface.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { AllowedVariables } from '../sources/content/allowed-variables.js';
import type { ParserThread } from '../sources/content/parser-thread.js';
import type { ConfigSource, SourceLoadContext } from '../sources/contract/config-source.interface.js';
import { dependenciesOf } from '../sources/contract/depends-on.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { CHECKS_ITS_KEYS, refuseForbiddenKeys } from '../limits/forbidden-keys.js';
import type { FormatRegistry } from '../formats/format-registry.js';
import type { SourceContent } from './drift-after-rollback.js';
import type { LayerMemory } from './layer-memory.js';
import { loadFactory } from './load-factory.js';
import type { AskedSources, LoadOutcome } from './load-outcome.js';
import { checkDelay } from '../options/checks.js';
import type { SourceStates } from '../sources/source-states.js';

/** Delay before content that looks unfinished is read again, in ms. */
const RETRY_DELAY = 25;

/** Default of `ConfigSource.loadTimeout`, in ms: a source that never answers must not block all later reloads. */
const LOAD_TIMEOUT = 30_000;

/** Layers of all sources, read in one reload. */
export interface SourceLayers {
  /** In the order of the sources, lowest first. */
  readonly layers: ReadonlyMap<ConfigSource, Layer>;
  readonly warnings: readonly ConfigIssue[];
}

/** Everything that `collect` needs. */
export interface CollectContext {
  readonly sources: readonly ConfigSource[];
  readonly memory: LayerMemory;
  readonly states: SourceStates;
  readonly calls: AppCalls;
  /** `true` if remote sources must be asked, `false` if they may answer from memory. */
  readonly fresh: boolean;
  /**
   * Returns the layer that a source had in the newest version on disk. Given at boot, when there is no layer in force that
   * a source with `onError: 'keep'` could keep. Must not reject.
   */
  readonly keptAtBoot?: ((source: ConfigSource) => Promise<RestoredLayer | undefined>) | undefined;
  /** Returns the layer that replaces the content of a source, if that content was rolled back from. */
  readonly replacementFor?: ((source: ConfigSource, content: SourceContent) => Layer | undefined) | undefined;
  readonly limits: ContentLimits;
  readonly formats?: FormatRegistry;
  /** Parses large files. */
  readonly thread?: ParserThread;
  /** Environment variables that files may refer to. */
  readonly variables?: AllowedVariables;
  /** Remembers the secrets of the sources that could be read when another one fails. */
  readonly secrets?: SecretPolicy;
  /** `true` if the app has a schema. */
  readonly hasSchema?: boolean;
  /** Called with the sources whose failures reject the reload. */
  readonly failed?: (sources: readonly ConfigSource[]) => void;
  /** Maximum time to wait for content that looks unfinished, in ms. */
  readonly settleTimeout: number;
}

/**
 * Reads all sources at the same time. A source that fails rejects the whole reload, unless its `onError` is `keep`. The
 * error lists all failures, not only the first.
 *
 * @param asked the outcomes of remote sources and factories that this reload has asked before: unless they have reported a
 * change since, or depend on other content, they are not asked again when files are read again
 */
export async function collect(
  context: CollectContext,
  asked: AskedSources = new Map(),
): Promise<SourceLayers> {
  const outcomes = await Promise.all(startLoads(context, asked).values());
  for (const { layer } of outcomes) context.secrets?.protect(layer?.secretPaths ?? []);
  const failures = outcomes.flatMap((outcome) => outcome.failure ?? []);
  if (failures.length > 0) {
    // These layers are never merged, so their secrets are remembered here: one failure may quote another source's content.
    for (const { layer } of outcomes) context.secrets?.remember(layer?.tree);
    context.failed?.(outcomes.filter(({ failure }) => failure !== undefined).map(({ source }) => source));
    throw combine(failures);
  }
  return {
    // Without a failure, every outcome has its layer: a factory without one waits for a source that has failed.
    layers: new Map(outcomes.map(({ source, layer }) => [source, layer!])),
    warnings: outcomes.flatMap((outcome) => outcome.warnings),
  };
}

type Loads = ReadonlyMap<ConfigSource, Promise<LoadOutcome>>;

/** Starts to load all sources. None waits for another one, except those that ask for its layer, and factories. */
function startLoads(context: CollectContext, asked: AskedSources): Loads {
  const loading = new Map<ConfigSource, Promise<LoadOutcome>>();
  /** Of the sources that factories may depend on; undefined for one that waits for another source. */
  const independent = new Map<ConfigSource, Promise<LoadOutcome | undefined>>();
  const layerOf: LayerOf = async (source) => {
    await Promise.resolve(); // until all loads have started
    return (await loading.get(source))?.layer;
  };
  for (const source of context.sources) {
    const earlier = context.states.of(source).isReported ? undefined : asked.get(source);
    const dependencies = dependenciesOf(source);
    if (dependencies !== undefined) {
      const load = () => loadOrKeep(source, context, layerOf);
      const run = { source, dependencies, load, loading, independent, asked, earlier };
      loading.set(source, loadFactory(run, context));
      continue;
    }
    // A factory must not wait for a source that may wait for it.
    let waits!: () => void;
    const waiting = new Promise<undefined>((resolve) => (waits = () => resolve(undefined)));
    const outcome = earlier ?? loadOrKeep(source, context, (other) => (waits(), layerOf(other)));
    loading.set(source, outcome);
    independent.set(source, Promise.race([outcome, waiting]));
    if (source.kind === 'remote') asked.set(source, outcome);
  }
  return loading;
}

type LayerOf = NonNullable<SourceLoadContext['layerOf']>;

async function loadOrKeep(
  source: ConfigSource,
  context: CollectContext,
  layerOf: LayerOf,
): Promise<LoadOutcome> {
  const { memory } = context;
  try {
    const layer = await ask(source, context, layerOf);
    memory.markSeen(source, layer);
    const used = context.replacementFor?.(source, memory.contentOf(source)) ?? layer;
    return { source, layer: used, warnings: used.warnings ?? [] };
  } catch (error) {
    const failure = asSourceError(source, error);
    context.secrets?.remember(failure.content());
    memory.markFailed(source, failure);
    const replacement = context.replacementFor?.(source, memory.contentOf(source));
    if (replacement !== undefined) return { source, layer: replacement, warnings: [] };
    if (source.onError !== 'keep') return { source, failure, warnings: [] };
    const kept = memory.appliedLayer(source);
    const restored = kept === undefined ? await context.keptAtBoot?.(source) : undefined;
    const seed = (kept ?? restored) ? undefined : await seedOf(source, context, layerOf);
    const failures = [failure, ...(seed && 'failure' in seed ? [seed.failure] : [])];
    const layer = kept ?? restored ?? (seed && 'layer' in seed ? seed.layer : undefined);
    if (layer === undefined) return { source, failure: combine(failures), warnings: [] };
    let effect = 'its last good content stays in force';
    if (restored !== undefined) effect = `its content of ${restored.version}, is used`;
    else if (kept === undefined) effect = 'its seed is used';
    const occurrence = context.states.of(source).outages;
    return { source, layer, warnings: keptWarnings(source, effect, failure, occurrence) };
  }
}

/**
 * Loads a source. A remote one that has failed, and whose last good layer is kept, is not waited for by the reloads of
 * other sources: it is asked in the background, and triggers a reload when it answers.
 */
async function ask(source: ConfigSource, context: CollectContext, layerOf: LayerOf): Promise<Layer> {
  const { states, memory } = context;
  const state = states.of(source);
  const isKept = source.onError === 'keep' && memory.appliedLayer(source) !== undefined;
  if (source.kind === 'remote' && isKept && !context.fresh && !state.isReported) {
    const answer = states.takeAnswer(source);
    if (answer !== undefined) return answer;
    if (state.failure !== undefined) {
      void askInBackground(source, context, layerOf);
      throw state.failure;
    }
  }
  const hint = states.startLoad(source);
  try {
    const layer = await loadSettled(source, context, layerOf, hint);
    state.loaded();
    return layer;
  } catch (error) {
    const failure = asSourceError(source, error);
    state.failedToLoad(failure);
    throw failure;
  }
}

/** Returns the layer that a source starts with if it cannot be read, or why there is none. Undefined if it has no seed. */
async function seedOf(
  source: ConfigSource,
  context: CollectContext,
  layerOf: LayerOf,
): Promise<{ readonly layer: Layer } | { readonly failure: ConfigSourceError } | undefined> {
  if (source.seed === undefined) return undefined;
  try {
    return { layer: await loadSettled(source, context, layerOf, undefined, 'seed') };
  } catch (error) {
    return { failure: asSourceError(source, error) };
  }
}

async function askInBackground(
  source: ConfigSource,
  context: CollectContext,
  layerOf: LayerOf,
): Promise<void> {
  const probe = context.states.of(source).startProbe();
  if (probe === undefined) return;
  try {
    const layer = await loadSettled(source, context, layerOf, undefined);
    if (probe.answered(layer)) context.states.answers.emit(source);
  } catch (error) {
    probe.failed(asSourceError(source, error));
  }
}

/**
 * Loads a source, again and again up to `settleTimeout` while its content is missing, empty or cut off: it may be a save
 * in progress. Content that failed for good before is not waited for again.
 */
async function loadSettled(
  source: ConfigSource,
  context: CollectContext,
  layerOf: LayerOf,
  hint: unknown,
  what: 'load' | 'seed' = 'load',
): Promise<Layer> {
  const { memory, limits, formats, thread, fresh, states, calls } = context;
  const known = [...memory.reusableLayers(source)];
  const timeout = checkDelay('loadTimeout', source.loadTimeout ?? LOAD_TIMEOUT);
  const deadline = performance.now() + context.settleTimeout;
  const { secrets, variables, hasSchema = false } = context;
  const optional = {
    hasSchema,
    ...(secrets && { isSecret: secretCheck(secrets) }),
    ...(formats && { formats }),
    ...(thread && { thread }),
    ...(variables && { pathVariable: variables.forPath }),
    ...(hint !== undefined && { hint }),
  };
  const label = `the ${what} of ${source.name}`;
  const isOfApp = Reflect.get(source, CHECKS_ITS_KEYS) !== source;
  const load = async (final: boolean) => {
    const loaded = await calls.run(label, ['reload', 'plan', 'settled'], () =>
      states.loads.run(timeout, (signal) => {
        const call = () => source[what]!({ known, limits, final, layerOf, fresh, signal, ...optional });
        return isOfApp ? calls.measure(label, call) : call();
      }),
    );
    const layer = asLayer(loaded);
    if (isOfApp && !known.includes(layer)) refuseForbiddenKeys(layer, source.name);
    return layer;
  };
  try {
    for (;;) {
      try {
        return await load(false);
      } catch (error) {
        const isUnfinished = isInstance(error, ConfigSourceError) && error.transient;
        if (!isUnfinished) throw error;
        if (memory.failedBefore(source, error) || performance.now() >= deadline) break;
        await delay(RETRY_DELAY);
      }
    }
    return await load(true);
  } finally {
    // A layer may hold what its load was given, in a closure. With the layers before it, none would ever be freed.
    known.length = 0;
  }
}

/** Not within `loadSettled`: the function would keep its variables alive, and is held by each layer. */
function secretCheck(secrets: { isSecret(path: readonly string[]): boolean }) {
  return (path: readonly string[]) => secrets.isSecret(path);
}

/**
 * Checks a layer that is given instead of what its source would return.
 *
 * @throws ConfigSourceError if it is not a layer, or has forbidden keys
 */
export function checkGivenLayer(source: ConfigSource, layer: Layer): void {
  try {
    refuseForbiddenKeys(asLayer(layer, 'the layer that replaces its content'), source.name);
  } catch (error) {
    throw asSourceError(source, error);
  }
}

/** Checks what a custom source returned: a value that is not a layer must not pass for an empty one. */
function asLayer(layer: Layer | undefined, what = 'what its load() returned'): Layer {
  const refuse = (problem: string) => new TypeError(`${what} ${problem}`);
  if (!isObjectBranch(layer?.tree)) throw refuse('is not a layer with a tree');
  const { hash, warnings = [], files = [] } = layer;
  if (typeof hash !== 'string') throw refuse('has no hash');
  if (typeof layer.locate !== 'function') throw refuse('has no locate()');
  if (!Array.isArray(files)) throw refuse('has files that are not a list');
  if (!Array.isArray(warnings) || warnings.some((issue) => typeof issue?.message !== 'string'))
    throw refuse('has warnings that are not a list of issues');
  return layer;
}

function asSourceError(source: ConfigSource, error: unknown): ConfigSourceError {
  if (isInstance(error, ConfigSourceError)) return error;
  const message = `could not be loaded: ${reasonOf(error)}${causeOf(error)}`;
  const issue = { path: '', message, origin: { source: source.name } };
  return new ConfigSourceError(`${source.name} could not be loaded`, [issue], { cause: error });
}

/** `fetch failed` alone does not say why. Never throws: the code of the app may have made the error. */
function causeOf(error: unknown): string {
  try {
    const { cause } = error as Error;
    return cause instanceof Error ? ` (${reasonOf(cause)})` : '';
  } catch {
    return '';
  }
}

/** @param occurrence the number of the outage: each is reported once */
function keptWarnings(
  source: ConfigSource,
  effect: string,
  failure: ConfigSourceError,
  occurrence: number,
): ConfigIssue[] {
  const origin = { source: source.name };
  const [first = { path: '', message: failure.summary }, ...others] = failure.issues;
  // One record for one problem: the effect is part of the first issue.
  const withEffect = { origin, ...first, message: `${first.message}; ${effect}` };
  return [withEffect, ...others].map((issue) => ({ ...issue, occurrence }));
}

function combine(failures: readonly ConfigSourceError[]): ConfigSourceError {
  const [first] = failures;
  if (failures.length === 1) return first!;
  const issues = failures.flatMap((failure) => failure.issues);
  return new ConfigSourceError(`${failures.length} sources could not be read`, issues, {
    cause: new AggregateError(failures),
  });
}
