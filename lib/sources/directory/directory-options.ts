import type { ConfigFormat } from '../../formats/config-format.interface.js';

/**
 * Options of `directory()`.
 *
 * @publicApi
 */
export interface DirectoryOptions {
  /** The path below which the files become keys, for example `modules`. Default: the top. */
  readonly mount?: string;
  /** Which files count, by their endings, for example `['json', 'yaml']`. Default: those of all known formats. */
  readonly extensions?: readonly string[];
  /** Whether sub-directories count too. Default true. */
  readonly recursive?: boolean;
  /** A file in the directory that lists its files and gives them ids; what it does not list is ignored. */
  readonly manifest?: string;
  /**
   * Whether `npc/dialogue.json` becomes `npc` → `dialogue`, objects within objects. Default false: it becomes the one
   * key `npc.dialogue`.
   */
  readonly nested?: boolean;
  /**
   * The format of all files, or its name. With `text`, every file counts and its key is its whole name: a mounted
   * ConfigMap or Secret with one value per file. Default: by each file's extension.
   */
  readonly format?: string | ConfigFormat;
  /** Whether the directory may be missing; it is an empty layer then. Default false. */
  readonly optional?: boolean;
  /** Whether the directory, or a file in it, may be empty. Default false: that is an error. */
  readonly allowEmpty?: boolean;
  /** Whether content that cannot be read rejects the reload, or keeps what was read before. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
  /** Which files count besides, by their path relative to the directory (`npc/dialogue.json`). Default: all. */
  readonly filter?: (relativePath: string) => boolean;
}
