import { scanJson } from '../formats/json-scan.js';
import { JsonSyntaxTree } from '../formats/json-syntax-tree.js';
import { countKeys } from '../formats/repeated-keys.js';
import { formatPath } from '../model/paths.js';
import { isPlainObject } from '../util/branches.js';
import { reasonOf } from '../util/reason-of.js';
import { ControlError } from './control.error.js';
import type { ControlRequest } from './protocol.js';

const NEW_LINE = 0x0a;
const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Splits the chunks that a client sends into lines. Reads each byte once. */
export class LineSplitter {
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(private readonly maxBytes: number) {}

  /** `true` if a line has started and not ended. */
  get isInsideLine(): boolean {
    return this.#length > 0;
  }

  /**
   * Yields the lines that `chunk` completes.
   *
   * @throws ControlError if a line is too long; no line can be read after that
   */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let end = chunk.indexOf(NEW_LINE); end !== -1; end = chunk.indexOf(NEW_LINE, start)) {
      this.#append(chunk.subarray(start, end));
      const line = Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#length = 0;
      start = end + 1;
      yield line;
    }
    this.#append(chunk.subarray(start));
  }

  #append(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.maxBytes)
      throw new ControlError('TOO_LARGE', `a request must not be longer than ${this.maxBytes} bytes`);
    if (piece.length > 0) this.#pieces.push(piece);
  }
}

/** A request, as it was read from a line. */
export interface ParsedRequest extends ControlRequest {
  /** Path of a number of the line that has become another one, if there is any: the request must be refused. */
  readonly inexact?: string;
}

/**
 * Parses a line into a request.
 *
 * @throws ControlError if the line is not a request
 */
export function parseRequest(line: Uint8Array): ParsedRequest {
  const text = decode(line);
  const message = parseJson(text);
  if (!isPlainObject(message)) throw malformed('it is not an object');
  const { id, method, params = {} } = message;
  if (!Number.isSafeInteger(id)) throw malformed('its "id" is not an integer');
  if (typeof method !== 'string') throw malformed('its "method" is not a string');
  if (!isPlainObject(params)) throw malformed('its "params" is not an object');
  const { keys, hasInexactNumber } = scanJson(text);
  if (keys !== countKeys(message)) throw malformed('a key is repeated in one of its objects');
  const inexact = hasInexactNumber ? pathOfInexactNumber(text) : undefined;
  return { id: id as number, method, params, ...(inexact !== undefined && { inexact }) };
}

function decode(line: Uint8Array): string {
  try {
    return UTF_8.decode(line);
  } catch (error) {
    throw malformed(reasonOf(error));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(reasonOf(error));
  }
}

/** Finds the first number of a message that `JSON.parse` has turned into another one. */
function pathOfInexactNumber(text: string): string | undefined {
  const [inexact] = new JsonSyntaxTree(text, 'json').inexactNumbers();
  const path = inexact?.path ?? [];
  return formatPath(path[0] === 'params' ? path.slice(1) : path);
}

function malformed(reason: string): ControlError {
  return new ControlError('MALFORMED', `a message is not a valid JSON request: ${reason}`);
}
