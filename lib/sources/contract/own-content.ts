import type { Layer } from '../../model/layer.interface.js';
import type { ConfigSource } from './config-source.interface.js';

/** Marks a source whose layers depend on more than its own content: on values that the app itself has set. */
export const OWN_CONTENT = Symbol('own content');

/** Returns the identifier of the content that the source itself had for a layer, without values that the app has set. */
export function ownContentOf(source: ConfigSource, layer: Layer): string {
  const own = Reflect.get(source, OWN_CONTENT) as ((layer: Layer) => string | undefined) | undefined;
  return own?.call(source, layer) ?? layer.hash;
}
