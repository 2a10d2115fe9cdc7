import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import type { ContentLocation, FileContent } from '../content/parse-content.js';
import { pathBelowMount, treeAtMount } from './mount.js';

/** The places and the characters of values in content, by their path in it. */
export type LocatedContent = Pick<FileContent, 'locate'> & Partial<Pick<FileContent, 'textOf'>>;

/**
 * Creates a layer from the content of one file or address; without a value, an empty one.
 *
 * @param content knows the places of the values; default: the place as a whole
 */
export function contentLayer(
  { source, file, mount }: ContentLocation,
  hash: string,
  value: unknown,
  content?: LocatedContent,
) {
  const whole: ConfigOrigin = { source, file };
  return {
    source,
    tree: value === undefined ? {} : treeAtMount(mount, value),
    mayRefer: true,
    hash,
    revision: hash,
    locate: (path: readonly string[], part?: OriginPart) => {
      const below = pathBelowMount(mount, path);
      return below && content ? content.locate(below, part) : whole;
    },
    textOf: (path: readonly string[]) => {
      const below = pathBelowMount(mount, path);
      return below && content?.textOf?.(below);
    },
  };
}
