import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';

/** Compares two layers of a source. A remote store may have the same content under a new revision, which the status shows. */
export function isSameState(
  { kind }: ConfigSource,
  one: Pick<Layer, 'hash' | 'revision'>,
  other: Pick<Layer, 'hash'> & Partial<Pick<Layer, 'revision'>>,
): boolean {
  return one.hash === other.hash && (kind !== 'remote' || one.revision === other.revision);
}
