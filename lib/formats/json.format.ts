import { TextLines, type TextPosition } from './text-position.js';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat, ParseContext, TextProblem } from './config-format.interface.js';
import type { ContentLimits } from '../limits/content-limits.js';
import type { TextPlaces } from './text-places.js';
import { FormatError } from './format.error.js';
import { inexactNumberProblem } from './inexact-number.js';
import { scanJson } from './json-scan.js';
import { ENDS_TOO_EARLY } from './json-syntax.error.js';
import { JsonSyntaxTree } from './json-syntax-tree.js';
import { countKeys } from './repeated-keys.js';

/**
 * Strict JSON: no comments, no trailing commas, no repeated key in one object, no number that would become another number.
 *
 * Values come from `JSON.parse`, which is many times faster than a parser with positions; that one runs on errors only.
 */
export const jsonFormat: Readonly<ConfigFormat> = {
  name: 'JSON',
  extensions: ['json'],
  parse(text, context) {
    const syntaxTree = treeOf(text, context.limits);
    const value = parseValue(text, syntaxTree);
    const problems = problemsOf(text, value, syntaxTree, context);
    if (problems.length > 0) throw new FormatError(problems);
    return { value, ...placesBy(syntaxTree) };
  },
  placesIn: (text, { limits }) => placesBy(treeOf(text, limits)),
  // The way to a thread and back takes as long as parsing half of this.
  largeFrom: 256 * 1024,
};

function treeOf(text: string, limits: ContentLimits): () => JsonSyntaxTree {
  return weaklyCached(() => new JsonSyntaxTree(text, 'json', limits.maxKeys));
}

function placesBy(syntaxTree: () => JsonSyntaxTree): TextPlaces {
  return {
    locate: (path, part) => syntaxTree().locate(path, part),
    textOf: (path) => syntaxTree().textOf(path),
  };
}

/** Finds what `JSON.parse` does not report. A text with more keys than its value has a key twice. */
function problemsOf(
  text: string,
  value: unknown,
  syntaxTree: () => JsonSyntaxTree,
  context: ParseContext,
): TextProblem[] {
  const { keys, hasInexactNumber } = scanJson(text);
  const hasRepeatedKey = keys !== countKeys(value);
  if (!hasInexactNumber && !hasRepeatedKey) return [];
  const { error, errorPosition: position } = syntaxTree();
  // `JSON.parse` has accepted the text: it has too many values.
  if (error !== undefined) return [{ message: error.message, position }];
  const inexactNumbers = hasInexactNumber ? syntaxTree().inexactNumbers() : [];
  return [
    ...(hasRepeatedKey ? syntaxTree().repeatedKeys() : []),
    ...inexactNumbers.map((inexact) => inexactNumberProblem(inexact, context)),
  ];
}

function parseValue(text: string, syntaxTree: () => JsonSyntaxTree): unknown {
  if (/^[ \t\r\n]*$/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new FormatError([syntaxProblem(text, error as SyntaxError, syntaxTree)], { cause: error });
  }
}

/**
 * Rewords the message of V8, for example `Expected ',' or ']' after array element in JSON at position 4 (line 1 column
 * 5)`. For an unexpected token, V8 omits the position and quotes the text around it, which may contain a secret.
 */
function syntaxProblem(text: string, error: SyntaxError, syntaxTree: () => JsonSyntaxTree): TextProblem {
  const parts = /^(.*?)(?:, (?:\.\.\.)?".*|(?: in JSON)? at position (\d+).*)?$/s.exec(error.message);
  const isCutOff = parts?.[1] === 'Unexpected end of JSON input';
  const message = isCutOff ? ENDS_TOO_EARLY : (parts?.[1] ?? '');
  const offset = isCutOff ? text.trimEnd().length : Number(parts?.[2] ?? Number.NaN);
  return {
    message: message.charAt(0).toLowerCase() + message.slice(1),
    position: Number.isNaN(offset) ? positionIn(syntaxTree()) : new TextLines(text).at(offset),
  };
}

function positionIn({ error, errorPosition }: JsonSyntaxTree): TextPosition | undefined {
  return error?.isLimit === true ? undefined : errorPosition;
}
