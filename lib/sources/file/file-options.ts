import type { ConfigFormat } from '../../formats/config-format.interface.js';

/**
 * Options of `file()`.
 *
 * @publicApi
 */
export interface FileOptions {
  /** Whether the file may be missing; it is an empty layer then. Default false: a missing file is an error. */
  readonly optional?: boolean;
  /** Whether the file may be empty, blank, or hold comments only. Default false: that is an error. */
  readonly allowEmpty?: boolean;
  /** The path below which the content hangs, for example `llm` or `modules['npc.dialogue']`. Default: none. */
  readonly mount?: string;
  /** Whether content that cannot be read rejects the reload, or keeps what was read before. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
  /**
   * Whether `extends` at the top, and `$import` in any object, import other files. Default true, of files in the working
   * directory (or, where the file is outside of it, in the file's own); `within` names another directory.
   */
  readonly imports?: boolean | { readonly within: string };
  /** The format, or the name of one, for example `yaml`. Default: by the file's extension. */
  readonly format?: string | ConfigFormat;
}
