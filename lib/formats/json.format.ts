import { TextLines } from './text-position.js';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat } from './config-format.interface.js';
import { FormatError } from './format.error.js';
import { mayRepeatKeys } from './repeated-keys.js';
import { JsonSyntaxTree } from './json-syntax-tree.js';

/**
 * Strict JSON: no comments, no trailing commas, no key twice in one object.
 *
 * Values come from `JSON.parse`, many times faster than a parser that knows positions; that one runs on errors only.
 *
 * @publicApi
 */
export const jsonFormat: ConfigFormat = {
  name: 'JSON',
  extensions: ['json'],
  parse(text) {
    const value = parseValue(text);
    const syntaxTree = weaklyCached(() => new JsonSyntaxTree(text));
    if (mayRepeatKeys(text, value)) {
      const repeated = syntaxTree().repeatedKeys();
      if (repeated.length > 0) throw new FormatError(repeated);
    }
    return { value, locate: (path, part) => syntaxTree().locate(path, part) };
  },
};

function parseValue(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new FormatError([syntaxProblem(text, error as SyntaxError)], { cause: error });
  }
}

/**
 * V8 says it well, for example `Expected ',' or ']' after array element in JSON at position 4 (line 1 column 5)`; but
 * it leaves out the position of an unexpected token, and quotes the text around it, which may hold a secret.
 */
function syntaxProblem(text: string, error: SyntaxError) {
  const said = /^(.*?)(?:, (?:\.\.\.)?".*|(?: in JSON)? at position (\d+).*)?$/s.exec(error.message);
  const message = (said?.[1] ?? '').replace('Unexpected end of JSON input', 'the text ends too early');
  const offset =
    message === 'the text ends too early' ? text.trimEnd().length : Number(said?.[2] ?? Number.NaN);
  return {
    message: message.charAt(0).toLowerCase() + message.slice(1),
    position: Number.isNaN(offset) ? new JsonSyntaxTree(text).errorPosition : new TextLines(text).at(offset),
  };
}
