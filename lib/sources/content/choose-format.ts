import { ReadError } from './read-error.js';
import type { ConfigFormat } from '../../formats/config-format.interface.js';
import type { FormatRegistry } from '../../formats/format-registry.js';

/**
 * The format of a file: the one the app asked for, or the one of its extension.
 *
 * @throws ReadError where there is none.
 */
export function chooseFormat(
  file: string,
  wanted: string | ConfigFormat | undefined,
  formats: FormatRegistry,
): ConfigFormat {
  if (typeof wanted === 'object') return wanted;
  const format = wanted === undefined ? formats.byFile(file) : formats.byName(wanted);
  if (format !== undefined) return format;
  const message =
    wanted === undefined
      ? `has no extension of a known format (${formats.knownExtensions}); rename it, or name one with { format }`
      : `is to be read as "${wanted}", which is no known format; known are ${formats.knownNames}`;
  throw new ReadError(message, 'FORMAT', false);
}
