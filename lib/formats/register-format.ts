import { ConfigOptionsError } from '../errors/config.errors.js';
import type { ConfigFormat, ParseContext, ParsedText } from './config-format.interface.js';

/**
 * A parser function that turns a text into plain data. It may be asynchronous, and throws if the text is malformed;
 * throw a `FormatError` to report positions.
 *
 * @publicApi
 */
export type ConfigParser = (text: string, context: ParseContext) => unknown;

/**
 * Creates a format from one function, for the `formats` option. To report the positions of values, write a
 * `ConfigFormat` instead.
 *
 * @param extension One or several file extensions: `'.ini'`, `['.conf', 'cfg']`.
 * @param parser Returns the parsed data, or nothing if the text is empty.
 * @throws ConfigOptionsError if an extension is empty.
 *
 * @example
 * ```ts
 * HotConfigModule.forRoot({ formats: [registerFormat('.ini', parseIni)], files: ['config/legacy.ini'] });
 * ```
 *
 * @publicApi
 */
export function registerFormat(extension: string | readonly string[], parser: ConfigParser): ConfigFormat {
  const extensions = [extension].flat().map((ending) => ending.toLowerCase().replace(/^\./, ''));
  const [first = ''] = extensions;
  if (extensions.length === 0 || extensions.includes('')) {
    throw new ConfigOptionsError(`registerFormat() needs an extension such as '.ini'`);
  }
  return {
    name: first.toUpperCase(),
    extensions,
    parse: async (text, context): Promise<ParsedText> => ({ value: await parser(text, context) }),
  };
}
