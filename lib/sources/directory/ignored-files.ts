import type { FormatRegistry } from '../../formats/format-registry.js';
import type { DirectoryOptions } from './directory-options.js';
import { isLeftoverFile } from './leftover-files.js';

/** Decides by its name if a file of a directory is ignored. */
export function isIgnoredFile(
  file: string,
  options: DirectoryOptions,
  formats: FormatRegistry | undefined,
): boolean {
  if (isTemporaryFile(file) || options.filter?.(file) === false) return true;
  // Files that the app names are read whatever their extensions: in a Secret they have none.
  if (Object.hasOwn(options.paths ?? {}, file)) return false;
  if (options.extensions !== undefined) return longestExtension(file, options.extensions) === undefined;
  if (isLeftoverFile(file)) return true;
  return options.format === undefined && formats !== undefined && formats.byFile(file) === undefined;
}

/**
 * Returns `true` for files that are never read: temporary files of editors, backups and dotfiles. The internal files of
 * a ConfigMap volume (`..data`, `..2026_11_21_…`) are dotfiles too.
 */
export function isTemporaryFile(relativePath: string): boolean {
  return TEMPORARY.test(relativePath) || TEMPORARY_EXTENSION.test(relativePath);
}

/**
 * The name of a file, or of a directory around it, up to the end of the name. One pattern for all of them, because each
 * name is tested at each look at the directory.
 */
const TEMPORARY = new RegExp(
  [
    /(?:^|\/)\./,
    // Backups of Emacs, nano, kate and many others; Emacs' auto-save.
    /~(?![^/])/,
    /(?:^|\/)#(?:(?!\/).)*#(?![^/])/,
    // vim creates this file to find out if it may write to the directory.
    /(?:^|\/)4913(?![^/])/,
    /\.sw[a-z](?![^/])/,
    // JetBrains' safe write.
    /___jb_(?:tmp|old)___(?![^/])/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

const TEMPORARY_EXTENSION = /\.(?:tmp|temp|bak|orig|part)(?![^/])/i;

/** Returns the longest of `extensions` that `file` ends with. */
export function longestExtension(file: string, extensions: readonly string[]): string | undefined {
  const name = file.toLowerCase();
  return extensions
    .map((extension) => extension.toLowerCase().replace(/^\./, ''))
    .filter((extension) => name.endsWith(`.${extension}`))
    .toSorted((a, b) => b.length - a.length)[0];
}
