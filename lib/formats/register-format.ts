import { ConfigOptionsError } from '../errors/config.errors.js';
import type { ConfigFormat, ParseContext, ParsedText } from './config-format.interface.js';

/**
 * A parser in its simplest shape: text in, plain data out. It may be asynchronous, and throws where the text makes no
 * sense; a `FormatError` tells positions.
 *
 * @publicApi
 */
export type ConfigParser = (text: string, context: ParseContext) => unknown;

/**
 * A format made of one function, for the `formats` option. A parser that knows positions is a `ConfigFormat` of its own.
 *
 * @param extension a file name ending, or several: `'.ini'`, `['.conf', 'cfg']`
 * @param parser gives what a text says; nothing where it says nothing
 * @throws ConfigOptionsError where the extension is empty
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
