import type { ConfigOrigin, OriginPart } from './origin.interface.js';
import type { ConfigTree } from './config-tree.js';
import type { ConfigIssue } from './config-issue.interface.js';

/**
 * The content of one source at one moment. Layers are ordered; a later layer wins.
 *
 * @publicApi
 */
export interface Layer {
  /** The name of its source. */
  readonly source: string;
  /** The plain tree. It is never mutated once the layer exists. */
  readonly tree: ConfigTree;
  /** SHA-256 of the content it was read from, in hex. Two layers of a source with the same hash have the same content. */
  readonly hash: string;
  /** The source's identifier of this state of its content: a hash, an ETag, a resource version. */
  readonly revision: string;
  /** Problems that do not prevent the layer from being used. */
  readonly warnings?: readonly ConfigIssue[];
  /**
   * `true` if all its values are strings, which may stand for numbers, booleans or JSON, as in the environment. If the
   * schema rejects such a string, it is given the converted value. A function decides path by path. Default false.
   */
  readonly stringsOnly?: boolean | ((path: readonly string[]) => boolean);
  /** Paths of values that are secret whatever their names, because of the place that they come from. Default: none. */
  readonly secretPaths?: readonly (readonly string[])[];
  /** `true` if `${…}` in its strings refers to other values (with the option `interpolate`). Default false. */
  readonly mayRefer?: boolean;
  /** `true` if code made its values: null in them is meant, also where it replaces an object. Default false. */
  readonly fromCode?: boolean;
  /** The files it was read from, if any. A rollback can write them back. */
  readonly files?: readonly LayerFile[];
  /**
   * Returns the position of the value (or key) at `path`, or of the nearest value around it that has one. May parse the
   * content again: positions are needed for errors only.
   */
  locate(path: readonly string[], part?: OriginPart): ConfigOrigin | undefined;
  /**
   * Returns the characters of the number, boolean or null at `path` as the source has them, for example `4.10`. May parse
   * the content again. Omit it if the source has no text.
   */
  textOf?(path: readonly string[]): string | undefined;
  /**
   * Returns the other values that the source itself has for `path`, and that do not count: the highest first. `explain()`
   * shows them, and an empty key that counts as absent is replaced by the first. Omit it if the source has one value for
   * each path.
   */
  shadowedAt?(path: readonly string[]): readonly ShadowedByLayer[];
  /**
   * Returns the variables that the code which made the layer has read, as far as that is known. `explain()` shows them.
   *
   * @internal
   */
  madeFrom?(): readonly LayerInput[];
}

/**
 * A variable that the code which made a layer has read.
 *
 * @publicApi
 */
export interface LayerInput {
  readonly name: string;
  /** The place of its value that is in force; absent if it has no value. */
  readonly origin?: ConfigOrigin;
}

/**
 * A value of a source that another value of the same source overrides.
 *
 * @publicApi
 */
export interface ShadowedByLayer {
  /** The value, as its place has it. */
  readonly value: unknown;
  /** The place, if it is known. */
  readonly origin?: ConfigOrigin;
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
