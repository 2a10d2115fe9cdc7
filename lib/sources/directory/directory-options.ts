import type { ConfigFormat } from '../../formats/config-format.interface.js';
import { anyValue, arrayOf, boolean, func, isString, oneOf, string } from '../../options/checks.js';
import { strictObject } from '../../options/strict-object.js';
import { formatOption } from '../content/format-option.js';

/**
 * Options of `directory()`.
 *
 * @publicApi
 */
export interface DirectoryOptions {
  /** Path below which the files become keys, for example `modules`. Default: the top level. */
  readonly mount?: string;
  /**
   * Paths of single files below `mount`, for files whose names are not the keys that the app reads:
   * `{ OPENAI_API_KEY: 'llm.api_key' }`. Files are relative to the directory. They are read whatever their extensions. All
   * other files have the keys of their names.
   */
  readonly paths?: Readonly<Record<string, string>>;
  /** Extensions of the files to read, for example `['json', 'yaml']`. Default: those of all known formats. */
  readonly extensions?: readonly string[];
  /** `true` to read sub-directories too. Default `true`. */
  readonly recursive?: boolean;
  /**
   * Directory that links must not leave, relative to the working directory. A link that leads elsewhere is an error. Default:
   * the directory itself, in which a mounted ConfigMap has all its links.
   */
  readonly within?: string;
  /** File in the directory that lists its files with their ids. Files that it does not list are ignored. */
  readonly manifest?: string;
  /**
   * `true` to turn `npc/dialogue.json` into nested objects, `npc` → `dialogue`. Default `false`: it becomes one key,
   * `npc.dialogue`.
   */
  readonly nested?: boolean;
  /**
   * Format of all files, or its name. With `text`, all files are read, and the key of each file is its whole name: use
   * it for a mounted ConfigMap or Secret with one value per file. Default: by the extension of each file.
   */
  readonly format?: string | ConfigFormat;
  /** `true` to accept a missing directory as an empty layer. Default `false`: it is an error. */
  readonly optional?: boolean;
  /** `true` to accept an empty directory, and empty files in it. Default `false`: they are errors. */
  readonly allowEmpty?: boolean;
  /** Effect of content that cannot be read: reject the reload, or keep the last good layer. Default `reject`. */
  readonly onError?: 'reject' | 'keep';
  /** Returns `true` for files to read, by their path relative to the directory (`npc/dialogue.json`). Default: all. */
  readonly filter?: (relativePath: string) => boolean;
}

const check = strictObject<DirectoryOptions>({
  mount: string,
  paths: anyValue, // parseFilePaths() checks them, with the name of the file
  extensions: arrayOf('extensions', isString),
  recursive: boolean,
  within: string,
  manifest: string,
  nested: boolean,
  format: formatOption,
  optional: boolean,
  allowEmpty: boolean,
  onError: oneOf('reject', 'keep'),
  filter: func,
});

/** @throws ConfigOptionsError if an option is unknown or invalid */
export function checkDirectoryOptions(options: DirectoryOptions): void {
  check(options, '', 'directory()');
}
