import type { Layer } from '../model/layer.interface.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';

/** Compares two layers of a source. A remote store may have the same content under a new revision, which the status shows. */
export function isSameState(
  { kind }: ConfigSource,
  one: Pick<Layer, 'hash' | 'revision'> | undefined,
  other: (Pick<Layer, 'hash'> & Partial<Pick<Layer, 'revision'>>) | undefined,
): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.hash === other.hash && (kind !== 'remote' || one.revision === other.revision);
}
