import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { toSingleLine } from '../util/control-characters.js';
import { RestoredLayer } from './restored-layer.js';
import type { RecordedLayer } from './version-record.js';

/** Maximum length of a revision in the history, in characters: a server may send anything as its ETag. */
const MAX_LENGTH = 200;

/**
 * Returns the revision of a layer as it may be stored and shown; undefined for a local source. The revision of a local
 * source is a hash of its content, from which secrets could be guessed (invariant 10).
 */
export function shownRevision(
  source: Pick<ConfigSource, 'kind'>,
  layer: Layer,
  secrets: { redactText(text: string): string },
): string | undefined {
  // Without a recorded revision, that of a restored layer is a hash of its content.
  if (layer instanceof RestoredLayer) return layer.recorded.revision;
  // A source without types may leave it out.
  if (source.kind !== 'remote' || typeof layer.revision !== 'string') return undefined;
  // Redacted before it is cut: half a secret would not be found.
  return toSingleLine(secrets.redactText(layer.revision), MAX_LENGTH) || undefined;
}

/** Returns the revisions by the names of their sources, as a member of a version; no member if there are none. */
export function revisionsIn(layers: readonly Pick<RecordedLayer, 'source' | 'revision'>[]): {
  readonly revisions?: Readonly<Record<string, string>>;
} {
  const revisions = layers.flatMap(({ source, revision }) =>
    revision === undefined ? [] : [[source, revision] as const],
  );
  return revisions.length === 0 ? {} : { revisions: Object.fromEntries(revisions) };
}
