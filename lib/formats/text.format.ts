import type { ConfigFormat } from './config-format.interface.js';

/**
 * The whole text as one string, without the newline that editors add at its end. Such a file needs a `mount`, because a
 * string has no keys.
 */
export const textFormat: Readonly<ConfigFormat> = {
  name: 'text',
  extensions: ['txt'],
  stringsOnly: true,
  parse: (text) => ({ value: text.replace(/\r?\n$/, ''), locate: () => ({ line: 1, column: 1 }) }),
};
