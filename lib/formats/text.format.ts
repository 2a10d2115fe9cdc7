import type { ConfigFormat } from './config-format.interface.js';

/**
 * The whole text as one string, without the newline at its end that editors add. A file of it needs a `mount`, since
 * a string has no keys.
 *
 * @publicApi
 */
export const textFormat: ConfigFormat = {
  name: 'text',
  extensions: ['txt'],
  stringsOnly: true,
  parse: (text) => ({ value: text.replace(/\r?\n$/, ''), locate: () => ({ line: 1, column: 1 }) }),
};
