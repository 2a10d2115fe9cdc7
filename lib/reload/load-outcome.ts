import type { ConfigSourceError } from '../errors/config.errors.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';

/** The result of the load of one source: a layer, or the failure that rejects the reload. */
export interface LoadOutcome {
  readonly source: ConfigSource;
  readonly layer?: Layer;
  readonly failure?: ConfigSourceError;
  readonly warnings: readonly ConfigIssue[];
}

/** The outcomes of the remote sources and of the factories that a reload has asked. */
export type AskedSources = Map<ConfigSource, Promise<LoadOutcome>>;
