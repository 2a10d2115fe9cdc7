import { TextLines } from './text-position.js';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat } from './config-format.interface.js';
import { FormatError } from './format.error.js';
import { hasRepeatedJsonKeys } from './repeated-keys.js';
import { ENDS_TOO_EARLY, JsonSyntaxTree } from './json-syntax-tree.js';

/**
 * Strict JSON: no comments, no trailing commas, no repeated key in one object.
 *
 * Values come from `JSON.parse`, which is many times faster than a parser with positions; that one runs on errors only.
 */
export const jsonFormat: Readonly<ConfigFormat> = {
  name: 'JSON',
  extensions: ['json'],
  parse(text) {
    const value = parseValue(text);
    const syntaxTree = weaklyCached(() => new JsonSyntaxTree(text));
    if (hasRepeatedJsonKeys(text, value)) {
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
 * Rewords the message of V8, for example `Expected ',' or ']' after array element in JSON at position 4 (line 1 column
 * 5)`. For an unexpected token, V8 omits the position and quotes the text around it, which may contain a secret.
 */
function syntaxProblem(text: string, error: SyntaxError) {
  const parts = /^(.*?)(?:, (?:\.\.\.)?".*|(?: in JSON)? at position (\d+).*)?$/s.exec(error.message);
  const isCutOff = parts?.[1] === 'Unexpected end of JSON input';
  const message = isCutOff ? ENDS_TOO_EARLY : (parts?.[1] ?? '');
  const offset = isCutOff ? text.trimEnd().length : Number(parts?.[2] ?? Number.NaN);
  return {
    message: message.charAt(0).toLowerCase() + message.slice(1),
    position: Number.isNaN(offset) ? new JsonSyntaxTree(text).errorPosition : new TextLines(text).at(offset),
  };
}
