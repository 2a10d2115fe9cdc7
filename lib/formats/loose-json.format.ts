import { tokenize, type Mode } from '@humanwhocodes/momoa';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat, ParsedText, TextProblem } from './config-format.interface.js';
import { FormatError } from './format.error.js';
import { ENDS_TOO_EARLY, endingWithNewline, JsonSyntaxTree } from './json-syntax-tree.js';

/** JSON with comments and trailing commas, as in the settings of editors. No repeated key in one object. */
export const jsoncFormat: Readonly<ConfigFormat> = {
  name: 'JSONC',
  extensions: ['jsonc'],
  parse: (text) => parseLoosely(text, 'jsonc'),
};

/**
 * JSON5: comments, trailing commas, keys without quotes, single quotes, hexadecimal numbers, `Infinity` and `NaN`. No
 * repeated key in one object.
 */
export const json5Format: Readonly<ConfigFormat> = {
  name: 'JSON5',
  extensions: ['json5'],
  parse: (text) => parseLoosely(text, 'json5'),
};

function parseLoosely(text: string, mode: Mode): ParsedText {
  const syntaxTree = new JsonSyntaxTree(text, mode);
  if (syntaxTree.error !== undefined) {
    if (hasOnlyComments(text, mode)) return { value: undefined };
    if (syntaxTree.error instanceof RangeError) throw syntaxTree.error;
    throw new FormatError([problemOf(syntaxTree)], { cause: syntaxTree.error });
  }
  const repeated = syntaxTree.repeatedKeys();
  if (repeated.length > 0) throw new FormatError(repeated);
  const tree = weaklyCached(() => new JsonSyntaxTree(text, mode));
  return { value: syntaxTree.value, locate: (path, part) => tree().locate(path, part) };
}

function hasOnlyComments(text: string, mode: Mode): boolean {
  try {
    return tokenize(endingWithNewline(text, mode), { mode }).every((token) => token.type.endsWith('Comment'));
  } catch {
    return false;
  }
}

/** Plain names for the tokens of the parser. */
const TOKEN_NAMES: Readonly<Record<string, string>> = {
  LBrace: '{',
  RBrace: '}',
  LBracket: '[',
  RBracket: ']',
  Comma: 'comma',
  Colon: 'colon',
  String: 'string; a comma may be missing before it',
  Number: 'number; a comma may be missing before it',
  Boolean: 'true or false; a comma may be missing before it',
  Null: 'null; a comma may be missing before it',
  Identifier: 'name; a comma may be missing before it',
};

/** Rewords `Unexpected identifier 'hunter2' found. (1:6)`, without the position and the text, which may be a secret. */
function problemOf(syntaxTree: JsonSyntaxTree): TextProblem {
  const message = syntaxTree
    .error!.message.replace(/ \(\d+:\d+\)$/, '')
    .replace(/identifier '.*'/s, 'identifier')
    .replace(/token (\w+)/, (whole, token: string) => TOKEN_NAMES[token] ?? whole)
    .replace(/^Unexpected (?:end of input|character '\uffff') found\.$/, ENDS_TOO_EARLY)
    .replace(/ found\.$/, '');
  return {
    message: message.charAt(0).toLowerCase() + message.slice(1),
    position: syntaxTree.errorPosition,
  };
}
