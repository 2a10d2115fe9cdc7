import { ConfigMissingKeyError } from '../errors/config.errors.js';
import { liveProxy } from '../util/live-proxy.js';
import type { Pins } from './pins.js';

/**
 * Creates a view of the values at `path`, which reads the ambient snapshot at each access.
 *
 * @param prototype makes the methods of a class visible, even while the values are missing
 */
export function liveView<X extends object>(pins: Pins, path: string, prototype?: X): X {
  const resolve = (): X => {
    const snapshot = pins.ambient();
    const value = snapshot.get(path);
    if (typeof value === 'object' && value !== null) return value as X;
    throw new ConfigMissingKeyError(path, snapshot.ambiguityOf(path));
  };
  return liveProxy(resolve, prototype && { prototype });
}
