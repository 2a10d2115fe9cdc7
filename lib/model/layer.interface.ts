import type { ConfigOrigin, OriginPart } from './origin.interface.js';
import type { ConfigTree } from './config-tree.js';
import type { ConfigIssue } from './config-issue.interface.js';

/**
 * What one source yielded at one moment. Layers are ordered; a later layer wins.
 *
 * @publicApi
 */
export interface Layer {
  /** The name of the source that yielded it. */
  readonly source: string;
  /** The plain tree. It is never mutated once the layer exists. */
  readonly tree: ConfigTree;
  /** SHA-256 of the content it was read from, in hex. Two layers of a source with one hash hold the same content. */
  readonly hash: string;
  /** The source's own name of this state of its content: a hash, an ETag, a resource version. */
  readonly revision: string;
  /** What is worth a warning, though it does not stop the layer from being used. */
  readonly warnings?: readonly ConfigIssue[];
  /**
   * Whether all its values are strings, which may stand for numbers, booleans or JSON, as in the environment: where the
   * schema refuses such a string, it is given what the string says. A function tells of one path. Default false.
   */
  readonly stringsOnly?: boolean | ((path: readonly string[]) => boolean);
  /** Whether `${…}` in its texts refers to other values, where the app wants that. Default false. */
  readonly mayRefer?: boolean;
  /** The files it was read from, where it comes from files. A rollback can write them back. */
  readonly files?: readonly LayerFile[];
  /**
   * Where the value at `path` stands (or, if asked, its key), or the nearest enclosing value that has a position.
   * May parse the text again: positions are wanted on errors only, so nobody pays for them earlier.
   */
  locate(path: readonly string[], part?: OriginPart): ConfigOrigin | undefined;
}

/**
 * A file that a layer was read from.
 *
 * @publicApi
 */
export interface LayerFile {
  /** The absolute path. */
  readonly path: string;
  /** Its content, as it was read. */
  readonly bytes: Buffer;
}
