import { reasonOf } from '../util/reason-of.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { ConfigSourceError } from '../errors/config.errors.js';
import { isObjectBranch } from '../util/branches.js';
import type { Layer } from '../model/layer.interface.js';
import { formatPath } from '../model/paths.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { ConfigSource, SourceLoadContext } from '../sources/contract/config-source.interface.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';
import type { FormatRegistry } from '../formats/format-registry.js';
import type { SourceContent } from './drift.js';
import type { LayerMemory } from './layer-memory.js';
import { withTimeout } from '../util/timeouts.js';

/** How often an unsettled source is asked again, in ms. */
const RETRY_EVERY = 25;

/** How long one load may take, in ms: a source that never answers must not be the end of all reloads. */
const LOAD_TIMEOUT = 30_000;

/** What all sources said in one reload. */
export interface SourceLayers {
  /** The layer of each source, in the order of the sources. */
  readonly layers: ReadonlyMap<ConfigSource, Layer>;
  readonly warnings: readonly ConfigIssue[];
}

/** What `collect` works with. */
export interface CollectContext {
  readonly sources: readonly ConfigSource[];
  readonly memory: LayerMemory;
  /** The layer to be used instead of what a source says, where that was rolled back from. */
  readonly standIn?: ((source: ConfigSource, said: SourceContent) => Layer | undefined) | undefined;
  readonly limits: ContentLimits;
  readonly formats?: FormatRegistry;
  /** Learns the secrets of what could be read where something else could not. */
  readonly secrets?: SecretPolicy;
  /** How long content that looks unfinished is waited for, in ms. */
  readonly settleTimeout: number;
}

/**
 * Reads all sources, at the same time, as one generation. A source that fails rejects the whole, unless it is to keep
 * its last good layer. All failures are told, not only the first.
 */
export async function collect(context: CollectContext): Promise<SourceLayers> {
  const loading = new Map<ConfigSource, Promise<LoadOutcome>>();
  const layerOf: LayerOf = async (source) => {
    await Promise.resolve(); // until all have begun
    return (await loading.get(source))?.layer;
  };
  for (const source of context.sources) loading.set(source, loadOrKeep(source, context, layerOf));
  const outcomes = await Promise.all(loading.values());
  const failures = outcomes.flatMap((outcome) => outcome.failure ?? []);
  if (failures.length > 0) {
    // No merge will learn them, and what one source says of its failure may quote what another says.
    for (const { layer } of outcomes) context.secrets?.learn(layer?.tree);
    throw combine(failures);
  }
  return {
    // Without a failure, every outcome has its layer.
    layers: new Map(outcomes.map(({ source, layer }) => [source, layer!])),
    warnings: outcomes.flatMap((outcome) => outcome.warnings),
  };
}

interface LoadOutcome {
  readonly source: ConfigSource;
  readonly layer?: Layer;
  readonly failure?: ConfigSourceError;
  readonly warnings: readonly ConfigIssue[];
}

type LayerOf = NonNullable<SourceLoadContext['layerOf']>;

async function loadOrKeep(
  source: ConfigSource,
  context: CollectContext,
  layerOf: LayerOf,
): Promise<LoadOutcome> {
  try {
    const layer = asLayer(await loadSettled(source, context, layerOf));
    refuseForbiddenKeys(source, layer, context);
    context.memory.saw(source, layer);
    const used = context.standIn?.(source, context.memory.contentOf(source)) ?? layer;
    return { source, layer: used, warnings: used.warnings ?? [] };
  } catch (error) {
    const failure = asSourceError(source, error);
    context.memory.failed(source, failure);
    const standIn = context.standIn?.(source, context.memory.contentOf(source));
    if (standIn !== undefined) return { source, layer: standIn, warnings: [] };
    const kept = source.onError === 'keep' ? context.memory.applied(source) : undefined;
    if (kept === undefined) return { source, failure, warnings: [] };
    return { source, layer: kept, warnings: keptWarnings(source, failure) };
  }
}

/**
 * Content that is missing, empty or cut off may be a save in progress: it is waited for, up to `settleTimeout`. What
 * failed for good before and is still the same is not waited for again.
 */
async function loadSettled(source: ConfigSource, context: CollectContext, layerOf: LayerOf): Promise<Layer> {
  const { memory, limits, formats } = context;
  const known = memory.known(source);
  const deadline = performance.now() + context.settleTimeout;
  const load = (final: boolean) =>
    withTimeout(LOAD_TIMEOUT, () =>
      source.load({ known, limits, final, layerOf, ...(formats && { formats }) }),
    );
  for (;;) {
    try {
      return await load(false);
    } catch (error) {
      const unsettled = error instanceof ConfigSourceError && error.transient;
      if (!unsettled) throw error;
      if (memory.failedBefore(source, error) || performance.now() >= deadline) break;
      await delay(RETRY_EVERY);
    }
  }
  return load(true);
}

/** Anyone may write a source, in any language that ends up as JavaScript: what is no layer must not pass for an empty one. */
function asLayer(loaded: Layer | undefined): Layer {
  if (!isObjectBranch(loaded?.tree))
    throw new TypeError('its load() did not give a layer with a tree of keys');
  if (typeof loaded.hash !== 'string') throw new TypeError('its load() gave a layer without a hash');
  return loaded;
}

/** Files were looked through when they were parsed; a source of the app's own is looked through here. */
function refuseForbiddenKeys(source: ConfigSource, layer: Layer, { memory, limits }: CollectContext): void {
  if (memory.known(source).includes(layer)) return;
  const forbidden = inspectTree(layer.tree, limits).problems.filter(({ part }) => part === 'key');
  if (forbidden.length === 0) return;
  const issues = forbidden.map(({ path, message }) => ({
    path: formatPath(path),
    message,
    origin: layer.locate(path, 'key') ?? { source: source.name },
  }));
  throw new ConfigSourceError(`${source.name} holds keys that are not allowed`, issues, {
    revision: layer.hash,
  });
}

function asSourceError(source: ConfigSource, error: unknown): ConfigSourceError {
  if (error instanceof ConfigSourceError) return error;
  const message = reasonOf(error);
  const issue = { path: '', message: `could not be loaded: ${message}`, origin: { source: source.name } };
  return new ConfigSourceError(`${source.name} could not be loaded`, [issue], { cause: error });
}

function keptWarnings(source: ConfigSource, failure: ConfigSourceError): ConfigIssue[] {
  const origin = { source: source.name };
  return [{ path: '', message: 'could not be read; its last good content stays', origin }, ...failure.issues];
}

function combine(failures: readonly ConfigSourceError[]): ConfigSourceError {
  const [first] = failures;
  if (failures.length === 1) return first!;
  const issues = failures.flatMap((failure) => failure.issues);
  return new ConfigSourceError(`${failures.length} sources could not be read`, issues, {
    cause: new AggregateError(failures),
  });
}
