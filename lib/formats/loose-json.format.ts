import { tokenize, type Mode } from '@humanwhocodes/momoa';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat, ParsedText, TextProblem } from './config-format.interface.js';
import { FormatError } from './format.error.js';
import { endingWithNewline, JsonSyntaxTree } from './json-syntax-tree.js';

/**
 * JSON with comments and trailing commas, as editors write their settings; no key twice in one object.
 *
 * @publicApi
 */
export const jsoncFormat: ConfigFormat = {
  name: 'JSONC',
  extensions: ['jsonc'],
  parse: (text) => parseLoosely(text, 'jsonc'),
};

/**
 * JSON5: comments, trailing commas, keys without quotes, single quotes, hexadecimal numbers, `Infinity` and `NaN`; no
 * key twice in one object.
 *
 * @publicApi
 */
export const json5Format: ConfigFormat = {
  name: 'JSON5',
  extensions: ['json5'],
  parse: (text) => parseLoosely(text, 'json5'),
};

function parseLoosely(text: string, mode: Mode): ParsedText {
  const syntaxTree = new JsonSyntaxTree(text, mode);
  if (syntaxTree.error !== undefined) {
    if (saysNothing(text, mode)) return { value: undefined };
    if (syntaxTree.error instanceof RangeError) throw syntaxTree.error;
    throw new FormatError([problemOf(syntaxTree)], { cause: syntaxTree.error });
  }
  const repeated = syntaxTree.repeatedKeys();
  if (repeated.length > 0) throw new FormatError(repeated);
  const again = weaklyCached(() => new JsonSyntaxTree(text, mode));
  return { value: syntaxTree.value, locate: (path, part) => again().locate(path, part) };
}

/** Whether there are comments and blanks only. */
function saysNothing(text: string, mode: Mode): boolean {
  try {
    return tokenize(endingWithNewline(text, mode), { mode }).every((token) => token.type.endsWith('Comment'));
  } catch {
    return false;
  }
}

/** What a person calls what the parser has a name for. */
const SIGNS: Readonly<Record<string, string>> = {
  LBrace: '{',
  RBrace: '}',
  LBracket: '[',
  RBracket: ']',
  Comma: 'comma',
  Colon: 'colon',
  String: 'text; a comma may be missing before it',
  Number: 'number; a comma may be missing before it',
  Boolean: 'true or false; a comma may be missing before it',
  Null: 'null; a comma may be missing before it',
  Identifier: 'name; a comma may be missing before it',
};

/** `Unexpected identifier 'hunter2' found. (1:6)`: the place is told apart, and the text may be a secret. */
function problemOf(syntaxTree: JsonSyntaxTree): TextProblem {
  const said = syntaxTree
    .error!.message.replace(/ \(\d+:\d+\)$/, '')
    .replace(/identifier '.*'/s, 'identifier')
    .replace(/token (\w+)/, (whole, token: string) => SIGNS[token] ?? whole)
    .replace(/^Unexpected (?:end of input|character '\uffff') found\.$/, 'the text ends too early')
    .replace(/ found\.$/, '');
  return {
    message: said.charAt(0).toLowerCase() + said.slice(1),
    position: syntaxTree.errorPosition,
  };
}
