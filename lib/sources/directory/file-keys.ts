import { posix } from 'node:path';
import { chooseFormat } from '../content/choose-format.js';
import type { FormatRegistry } from '../../formats/format-registry.js';
import type { DirectoryOptions } from './directory-options.js';
import { longestExtension } from './ignored-files.js';

/** A file to read, with the keys that it gets. */
export interface ListedFile {
  /** Relative to the directory, with forward slashes. */
  readonly file: string;
  /** Keys of its content, below the mount. */
  readonly keys: readonly string[];
  /** The keys in the form of `mapKey()`. */
  readonly key: string;
  /** What the hash of a directory contains before the hash of the file: equal for equal files under equal keys. */
  readonly hashed: string;
}

/** Derives keys from a file name: `npc/dialogue.json` becomes `npc.dialogue`, or `npc` and `dialogue` if nested. */
export function keysFromFileName(file: string, options: DirectoryOptions, formats: FormatRegistry): string[] {
  const extension = isKeyWholeName(file, options, formats) ? '' : extensionOf(file, options, formats);
  const segments = file.slice(0, file.length - extension.length).split('/');
  return options.nested ? segments : [segments.join('.')];
}

/** Derives the keys of a file from its id in a manifest. */
export function keysFromId(id: string, options: DirectoryOptions): string[] {
  return options.nested ? id.split('.') : [id];
}

/** In a ConfigMap, `tls.crt` is the name of a key, not a file of the format `crt`. */
function isKeyWholeName(file: string, { format }: DirectoryOptions, formats: FormatRegistry): boolean {
  return format !== undefined && chooseFormat(file, format, formats).name === 'text';
}

function extensionOf(file: string, { extensions }: DirectoryOptions, formats: FormatRegistry): string {
  const known = extensions ? longestExtension(file, extensions) : formats.extensionOf(file);
  return known === undefined ? posix.extname(file) : `.${known}`;
}
