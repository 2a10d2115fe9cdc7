import { ReadError } from './read-error.js';
import type { ConfigFormat } from '../../formats/config-format.interface.js';
import type { FormatRegistry } from '../../formats/format-registry.js';

/**
 * Chooses the format of a file: the one set by the `format` option, or the one for its extension.
 *
 * @throws ReadError if there is no such format.
 */
export function chooseFormat(
  file: string,
  option: string | ConfigFormat | undefined,
  formats: FormatRegistry,
): ConfigFormat {
  if (typeof option === 'object') return option;
  const format = option === undefined ? formats.byFile(file) : formats.byName(option);
  if (format !== undefined) return format;
  const message =
    option === undefined
      ? `has no extension of a known format (${formats.knownExtensions}); rename it, or set { format }`
      : `has the unknown format "${option}"; set { format } to one of ${formats.knownNames}`;
  throw new ReadError(message, 'FORMAT', false);
}
