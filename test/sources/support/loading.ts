import { HotConfigError } from '../../../lib/model/hot-config.error.js';
import { ConfigSourceError } from '../../../lib/errors/config.errors.js';
import type { Layer } from '../../../lib/model/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../../../lib/model/origin.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
} from '../../../lib/sources/contract/config-source.interface.js';
import { DEFAULT_CONTENT_LIMITS, type ContentLimits } from '../../../lib/limits/content-limits.js';

/** Overrides for the context of a load. By default, a load is the last attempt. */
export interface Loading extends Omit<Partial<SourceLoadContext>, 'limits'> {
  readonly limits?: Partial<ContentLimits>;
}

/** A layer that locates keys too, as those of files and directories do. */
export interface LocatingLayer extends Layer {
  locate(path: readonly string[], part?: OriginPart): ConfigOrigin | undefined;
}

export function load(source: ConfigSource, loading: Loading = {}): Promise<LocatingLayer> {
  const limits = { ...DEFAULT_CONTENT_LIMITS, ...loading.limits };
  const { signal } = new AbortController();
  return source.load({ known: [], final: true, fresh: true, signal, ...loading, limits });
}

/** Returns the error of a load. Any other error than a ConfigSourceError fails the test. */
export async function failureOf(source: ConfigSource, loading: Loading = {}): Promise<ConfigSourceError> {
  let layer: Layer;
  try {
    layer = await load(source, loading);
  } catch (error) {
    if (error instanceof ConfigSourceError && error instanceof HotConfigError) return error;
    throw error;
  }
  throw new Error(`expected a failure, got ${JSON.stringify(layer.tree)}`);
}
