import { tooManyKeys } from '../limits/inspect-tree.js';
import { FormatError } from './format.error.js';

/**
 * Characters that may begin a node, for each allowed key. A text has about two for a key and its value, and strings have
 * some. The parser creates up to two events for each, of 112 bytes.
 */
const FOR_EACH_KEY = 5;

/**
 * Refuses a text that has so many nodes that their events would exhaust the memory: all of them exist before the first value
 * is composed. It is an estimate; the composer counts exactly.
 *
 * @throws FormatError
 */
export function refuseTooManyNodes(text: string, maxKeys: number): void {
  const max = maxKeys * FOR_EACH_KEY;
  // Each node takes a character or more.
  if (text.length <= max) return;
  let count = 0;
  for (let at = 0; at < text.length; at += 1) if (mayBeginNode(text, at)) count += 1;
  if (count > max) throw new FormatError([{ message: `the content ${tooManyKeys(maxKeys)}` }]);
}

function mayBeginNode(text: string, at: number): boolean {
  switch (text.charCodeAt(at)) {
    case NEW_LINE:
    case COMMA:
    case BRACKET:
    case BRACE:
      return true;
    case CARRIAGE_RETURN:
      return text.charCodeAt(at + 1) !== NEW_LINE;
    case DASH:
    case QUESTION_MARK:
    case COLON:
      return text.charCodeAt(at + 1) <= SPACE || at + 1 === text.length;
    default:
      return false;
  }
}

const NEW_LINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const COMMA = 0x2c;
const DASH = 0x2d;
const COLON = 0x3a;
const QUESTION_MARK = 0x3f;
const BRACKET = 0x5b;
const BRACE = 0x7b;
