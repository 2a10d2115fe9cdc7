import { HotConfigError } from '../../../lib/model/hot-config.error.js';
import { ConfigSourceError } from '../../../lib/errors/config.errors.js';
import type { Layer } from '../../../lib/model/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../../../lib/model/origin.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
} from '../../../lib/sources/contract/config-source.interface.js';
import { DEFAULT_CONTENT_LIMITS, type ContentLimits } from '../../../lib/limits/content-limits.js';

/** What a test says about a load; the rest is as in production. Loads are the last try unless told otherwise. */
export interface Loading extends Omit<Partial<SourceLoadContext>, 'limits'> {
  readonly limits?: Partial<ContentLimits>;
}

/** A layer that finds keys too, as those of files and directories do. */
export interface LocatingLayer extends Layer {
  locate(path: readonly string[], part?: OriginPart): ConfigOrigin | undefined;
}

export function load(source: ConfigSource, loading: Loading = {}): Promise<LocatingLayer> {
  const limits = { ...DEFAULT_CONTENT_LIMITS, ...loading.limits };
  return source.load({ known: [], final: true, ...loading, limits });
}

/** The error a load ends with; anything but one of ours fails the test. */
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
