import { posix } from 'node:path';
import { chooseFormat } from '../content/choose-format.js';
import type { FormatRegistry } from '../../formats/format-registry.js';
import type { DirectoryOptions } from './directory-options.js';
import { isTemporaryFile } from './ignored-files.js';

/** Whether a file of a directory counts, by its name. */
export function isWanted(
  file: string,
  options: DirectoryOptions,
  formats: FormatRegistry | undefined,
): boolean {
  if (isTemporaryFile(file) || options.filter?.(file) === false) return false;
  if (options.extensions !== undefined) return endingOf(file, options.extensions) !== undefined;
  return options.format !== undefined || formats === undefined || formats.byFile(file) !== undefined;
}

/** The keys a file becomes where no manifest says: `npc/dialogue.json` → `npc.dialogue`, or `npc` and `dialogue`. */
export function keysFromFileName(file: string, options: DirectoryOptions, formats: FormatRegistry): string[] {
  const ending = isNamedWhole(file, options, formats) ? '' : extensionOf(file, options, formats);
  const segments = file.slice(0, file.length - ending.length).split('/');
  return options.nested ? segments : [segments.join('.')];
}

/** The keys an id of a manifest becomes. */
export function keysFromId(id: string, options: DirectoryOptions): string[] {
  return options.nested ? id.split('.') : [id];
}

/** In a ConfigMap, `tls.crt` is the name of a key, not a file of the format `crt`. */
function isNamedWhole(file: string, { format }: DirectoryOptions, formats: FormatRegistry): boolean {
  return format !== undefined && chooseFormat(file, format, formats).name === 'text';
}

function extensionOf(file: string, { extensions }: DirectoryOptions, formats: FormatRegistry): string {
  const known = extensions ? endingOf(file, extensions) : formats.extensionOf(file);
  return known === undefined ? posix.extname(file) : `.${known}`;
}

/** The longest of `extensions` that `file` ends with. */
function endingOf(file: string, extensions: readonly string[]): string | undefined {
  const name = file.toLowerCase();
  return extensions
    .map((extension) => extension.toLowerCase().replace(/^\./, ''))
    .filter((extension) => name.endsWith(`.${extension}`))
    .toSorted((a, b) => b.length - a.length)[0];
}
