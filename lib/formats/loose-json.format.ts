import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat, ParseContext, ParsedText } from './config-format.interface.js';
import type { TextPlaces } from './text-places.js';
import { FormatError } from './format.error.js';
import { inexactNumberProblem } from './inexact-number.js';
import type { JsonDialect } from './json-scanner.js';
import { JsonSyntaxTree } from './json-syntax-tree.js';

/**
 * JSON with comments and trailing commas, as in the settings of editors. No repeated key in one object, and no number
 * that would become another number.
 */
export const jsoncFormat: Readonly<ConfigFormat> = {
  name: 'JSONC',
  extensions: ['jsonc'],
  parse: (text, context) => parseLoosely(text, 'jsonc', context),
  placesIn: (text, context) => placesIn(text, 'jsonc', context),
};

/**
 * JSON5: comments, trailing commas, keys without quotes, single quotes, hexadecimal numbers, `Infinity` and `NaN`. No
 * repeated key in one object, and no number that would become another number.
 */
export const json5Format: Readonly<ConfigFormat> = {
  name: 'JSON5',
  extensions: ['json5'],
  parse: (text, context) => parseLoosely(text, 'json5', context),
  placesIn: (text, context) => placesIn(text, 'json5', context),
};

function parseLoosely(text: string, dialect: JsonDialect, context: ParseContext): ParsedText {
  const syntaxTree = new JsonSyntaxTree(text, dialect, context.limits.maxKeys);
  const { error, errorPosition: position } = syntaxTree;
  if (error !== undefined) throw new FormatError([{ message: error.message, position }], { cause: error });
  const problems = [
    ...syntaxTree.repeatedKeys(),
    ...syntaxTree.inexactNumbers().map((inexact) => inexactNumberProblem(inexact, context)),
  ];
  if (problems.length > 0) throw new FormatError(problems);
  return { value: syntaxTree.value, ...placesIn(text, dialect, context) };
}

/** The tree takes many times the memory of its text: it is parsed again if an issue needs a position. */
function placesIn(text: string, dialect: JsonDialect, { limits }: Pick<ParseContext, 'limits'>): TextPlaces {
  const tree = weaklyCached(() => new JsonSyntaxTree(text, dialect, limits.maxKeys));
  return {
    locate: (path, part) => tree().locate(path, part),
    textOf: (path) => tree().textOf(path),
  };
}
