import { reasonOf } from '../util/reason-of.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { ConfigSourceError } from '../errors/config.errors.js';
import { isObjectBranch } from '../util/branches.js';
import type { Layer } from '../model/layer.interface.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { ConfigSource, SourceLoadContext } from '../sources/contract/config-source.interface.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { CHECKS_ITS_KEYS, refuseForbiddenKeys } from '../limits/forbidden-keys.js';
import type { FormatRegistry } from '../formats/format-registry.js';
import type { SourceContent } from './drift-after-rollback.js';
import type { LayerMemory } from './layer-memory.js';
import { withTimeout } from '../util/timeouts.js';

/** Delay before content that looks unfinished is read again, in ms. */
const RETRY_DELAY = 25;

/** Maximum duration of one load, in ms: a source that never answers must not block all later reloads. */
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
  /** Returns the layer that replaces the content of a source, if that content was rolled back from. */
  readonly replacementFor?: ((source: ConfigSource, content: SourceContent) => Layer | undefined) | undefined;
  readonly limits: ContentLimits;
  readonly formats?: FormatRegistry;
  /** Remembers the secrets of the sources that could be read when another one fails. */
  readonly secrets?: SecretPolicy;
  /** Maximum time to wait for content that looks unfinished, in ms. */
  readonly settleTimeout: number;
}

/**
 * Reads all sources at the same time. A source that fails rejects the whole reload, unless its `onError` is `keep`. The
 * error lists all failures, not only the first.
 */
export async function collect(context: CollectContext): Promise<SourceLayers> {
  const loading = new Map<ConfigSource, Promise<LoadOutcome>>();
  const layerOf: LayerOf = async (source) => {
    await Promise.resolve(); // until all loads have started
    return (await loading.get(source))?.layer;
  };
  for (const source of context.sources) loading.set(source, loadOrKeep(source, context, layerOf));
  const outcomes = await Promise.all(loading.values());
  const failures = outcomes.flatMap((outcome) => outcome.failure ?? []);
  if (failures.length > 0) {
    // These layers are never merged, so their secrets are remembered here: one failure may quote another source's content.
    for (const { layer } of outcomes) context.secrets?.remember(layer?.tree);
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
    const isChecked =
      Reflect.get(source, CHECKS_ITS_KEYS) === source ||
      context.memory.reusableLayers(source).includes(layer);
    if (!isChecked) refuseForbiddenKeys(layer, source.name);
    context.memory.markSeen(source, layer);
    const used = context.replacementFor?.(source, context.memory.contentOf(source)) ?? layer;
    return { source, layer: used, warnings: used.warnings ?? [] };
  } catch (error) {
    const failure = asSourceError(source, error);
    context.memory.markFailed(source, failure);
    const replacement = context.replacementFor?.(source, context.memory.contentOf(source));
    if (replacement !== undefined) return { source, layer: replacement, warnings: [] };
    const kept = source.onError === 'keep' ? context.memory.appliedLayer(source) : undefined;
    if (kept === undefined) return { source, failure, warnings: [] };
    return { source, layer: kept, warnings: keptWarnings(source, failure) };
  }
}

/**
 * Loads a source, again and again up to `settleTimeout` while its content is missing, empty or cut off: it may be a save
 * in progress. Content that failed for good before is not waited for again.
 */
async function loadSettled(source: ConfigSource, context: CollectContext, layerOf: LayerOf): Promise<Layer> {
  const { memory, limits, formats } = context;
  const known = memory.reusableLayers(source);
  const deadline = performance.now() + context.settleTimeout;
  const load = (final: boolean) =>
    withTimeout(LOAD_TIMEOUT, () =>
      source.load({ known, limits, final, layerOf, ...(formats && { formats }) }),
    );
  for (;;) {
    try {
      return await load(false);
    } catch (error) {
      const isUnfinished = error instanceof ConfigSourceError && error.transient;
      if (!isUnfinished) throw error;
      if (memory.failedBefore(source, error) || performance.now() >= deadline) break;
      await delay(RETRY_DELAY);
    }
  }
  return load(true);
}

/** Checks what a custom source returned: a value that is not a layer must not pass for an empty one. */
function asLayer(loaded: Layer | undefined): Layer {
  if (!isObjectBranch(loaded?.tree)) throw new TypeError('its load() did not return a layer with a tree');
  if (typeof loaded.hash !== 'string') throw new TypeError('its load() returned a layer without a hash');
  return loaded;
}

function asSourceError(source: ConfigSource, error: unknown): ConfigSourceError {
  if (error instanceof ConfigSourceError) return error;
  const message = reasonOf(error);
  const issue = { path: '', message: `could not be loaded: ${message}`, origin: { source: source.name } };
  return new ConfigSourceError(`${source.name} could not be loaded`, [issue], { cause: error });
}

function keptWarnings(source: ConfigSource, failure: ConfigSourceError): ConfigIssue[] {
  const origin = { source: source.name };
  return [
    { path: '', message: 'could not be read; its last good content stays in force', origin },
    ...failure.issues,
  ];
}

function combine(failures: readonly ConfigSourceError[]): ConfigSourceError {
  const [first] = failures;
  if (failures.length === 1) return first!;
  const issues = failures.flatMap((failure) => failure.issues);
  return new ConfigSourceError(`${failures.length} sources could not be read`, issues, {
    cause: new AggregateError(failures),
  });
}
