import { JsonParser, type JsonNode } from '../../formats/json-parser.js';
import { JsonSyntaxError } from '../../formats/json-syntax.error.js';
import { DEFAULT_CONTENT_LIMITS } from '../../limits/content-limits.js';
import { decodeUtf8 } from '../../sources/content/decode-utf8.js';
import { tryParsePath } from '../../model/paths.js';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { isInstance } from '../../util/is-instance.js';

/** @throws ConfigOptionsError if the option is no path */
export function parsePick(path: string): readonly string[] {
  const keys = tryParsePath(path);
  if (keys !== undefined) return keys;
  throw new ConfigOptionsError(`The option "pick" must be a path such as data.data, but is "${path}"`);
}

/**
 * Returns the part of a JSON text at a path, with blanks in place of all before it, so that its positions are still right.
 * Throws with the reason, as the rest of a sentence.
 */
export function pickFrom(
  bytes: Buffer,
  keys: readonly string[],
  maxKeys = DEFAULT_CONTENT_LIMITS.maxKeys,
): Buffer {
  const text = decode(bytes);
  const node = keys.reduce<JsonNode | undefined>(memberOf, parse(text, maxKeys));
  if (node === undefined) throw new Error(`has nothing at ${keys.join('.')} (option "pick")`);
  return Buffer.from(text.slice(0, node.start).replace(/[^\n]/g, ' ') + text.slice(node.start, node.end));
}

function decode(bytes: Buffer): string {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    throw new Error('does not answer with UTF-8, which the option "pick" needs', { cause: error });
  }
}

function memberOf(node: JsonNode | undefined, key: string): JsonNode | undefined {
  return node?.kind === 'object' ? node.members.get(key)?.node : undefined;
}

function parse(text: string, maxKeys: number): JsonNode | undefined {
  try {
    return new JsonParser(text, 'json', maxKeys).parse();
  } catch (error) {
    if (isInstance(error, JsonSyntaxError) && error.isLimit)
      throw new Error(`cannot be read for the option "pick": ${error.message}`, { cause: error });
    throw new Error('does not answer with JSON, which the option "pick" needs', { cause: error });
  }
}
