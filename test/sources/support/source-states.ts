import type { ConfigSource, Layer } from 'nestjs-hot-config';
import { SourceStates, type SourceStatesContext } from '../../../lib/sources/source-states.js';
import { safeLogger } from '../../support/safe-logger.js';

/** Creates the states of sources with these layers in force; they log nothing and redact nothing by default. */
export function statesOf(
  layers: ReadonlyMap<ConfigSource, Layer> = new Map(),
  context: Partial<SourceStatesContext> = {},
): SourceStates {
  return new SourceStates({
    sources: { all: [...layers.keys()] },
    store: { inForce: { layers, valueWarnings: [] } },
    logger: safeLogger(),
    redact: (text) => text,
    revisionOf: ({ kind }, { revision }) => (kind === 'remote' ? revision : undefined),
    ...context,
  });
}
