import { NESTED_TOO_DEEPLY } from './format.error.js';
import { JsonScanner, type JsonDialect, type JsonToken } from './json-scanner.js';
import { ENDS_TOO_EARLY, JsonSyntaxError } from './json-syntax.error.js';
import { tooManyKeys } from '../limits/inspect-tree.js';
import { setOwn } from '../util/branches.js';

/** A value in a JSON text. Offsets count from the beginning of the text. */
export type JsonNode = JsonScalar | JsonList | JsonObject;

/** A string, number, boolean or null. */
export interface JsonScalar {
  readonly kind: 'scalar';
  readonly start: number;
  readonly end: number;
  readonly value: string | number | boolean | null;
}

export interface JsonList {
  readonly kind: 'list';
  readonly start: number;
  readonly end: number;
  readonly elements: JsonNode[];
}

export interface JsonObject {
  readonly kind: 'object';
  readonly start: number;
  readonly end: number;
  /** Of a key that appears twice, the first member. */
  readonly members: Map<string, JsonMember>;
}

export interface JsonMember {
  /** Offset of the key. */
  readonly key: number;
  readonly node: JsonNode;
}

/** A key that its object has already. */
export interface RepeatedJsonKey {
  readonly key: string;
  readonly offset: number;
  readonly firstOffset: number;
}

/** Limit for the depth of a text. The limits of the content are lower: deeper texts are refused, here or there. */
const MAX_DEPTH = 1_000;

/**
 * Parses JSON, JSONC or JSON5 into nodes with offsets. No parser with positions that we know follows JSON5 exactly
 * (`@humanwhocodes/momoa` takes `.` as a number and refuses `-.5`), and `json5` has no positions.
 */
export class JsonParser {
  readonly #scanner: JsonScanner;
  readonly #isStrict: boolean;
  #token: JsonToken;
  #depth = 0;
  #keys = 0;
  /** In the order of the text. */
  readonly repeatedKeys: RepeatedJsonKey[] = [];

  /** @throws JsonSyntaxError if the text does not begin with a token */
  constructor(
    private readonly text: string,
    private readonly dialect: JsonDialect,
    private readonly maxKeys: number,
  ) {
    this.#scanner = new JsonScanner(text, dialect);
    this.#isStrict = dialect === 'json';
    this.#token = this.#scanner.next();
  }

  /**
   * Returns the value of the text; undefined if it has only comments.
   *
   * @throws JsonSyntaxError also if the text is nested too deeply, or has too many keys and elements
   */
  parse(): JsonNode | undefined {
    if (this.#token.kind === 'end' && !this.#isStrict) return undefined;
    const root = this.#value();
    if (this.#token.kind !== 'end') throw this.#unexpected();
    return root;
  }

  #value(): JsonNode {
    const token = this.#token;
    if (token.kind === '{' || token.kind === '[') return this.#branch(token.kind);
    const node: JsonScalar = { kind: 'scalar', start: token.start, end: token.end, value: this.#scalar() };
    this.#advance();
    return node;
  }

  #scalar(): JsonScalar['value'] {
    const { kind, start, end, string = '' } = this.#token;
    if (kind === 'string') return string;
    if (kind === 'number') return numberOf(this.text.slice(start, end));
    if (kind !== 'name') throw this.#unexpected();
    // Not `string`, which has no escapes: `tru\u0065` is a name.
    const name = this.text.slice(start, end);
    if (name === 'true' || name === 'false') return name === 'true';
    if (name === 'null') return null;
    if (this.dialect === 'json5' && (name === 'Infinity' || name === 'NaN')) return Number(name);
    throw new JsonSyntaxError('unexpected name; put a string in quotes', start);
  }

  #branch(open: '{' | '['): JsonList | JsonObject {
    const { start } = this.#token;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new JsonSyntaxError(NESTED_TOO_DEEPLY, start, true);
    this.#advance();
    const branch = open === '{' ? this.#members(start) : this.#elements(start);
    this.#depth -= 1;
    this.#advance();
    return branch;
  }

  #elements(start: number): JsonList {
    const elements: JsonNode[] = [];
    while (this.#token.kind !== ']') {
      this.#count();
      elements.push(this.#value());
      this.#comma(']');
    }
    return { kind: 'list', start, end: this.#token.end, elements };
  }

  #members(start: number): JsonObject {
    const members = new Map<string, JsonMember>();
    while (this.#token.kind !== '}') {
      const { kind, string: key = '', start: offset } = this.#token;
      if (kind !== 'string' && !(kind === 'name' && this.dialect === 'json5')) throw this.#unexpectedKey();
      this.#count();
      const first = members.get(key);
      if (first !== undefined) this.repeatedKeys.push({ key, offset, firstOffset: first.key });
      this.#advance();
      if (this.#token.kind !== ':') throw this.#unexpected();
      this.#advance();
      const node = this.#value();
      if (first === undefined) members.set(key, { key: offset, node });
      this.#comma('}');
    }
    return { kind: 'object', start, end: this.#token.end, members };
  }

  /** Nodes take many times the memory of their text, so too many of them are refused while they are parsed. */
  #count(): void {
    this.#keys += 1;
    if (this.#keys > this.maxKeys)
      throw new JsonSyntaxError(`the content ${tooManyKeys(this.maxKeys)}`, this.#token.start, true);
  }

  /** Moves past the comma between two members or elements. */
  #comma(close: '}' | ']'): void {
    const { kind } = this.#token;
    if (kind === close) return;
    if (kind !== ',') throw this.#unexpected('; a comma may be missing before it');
    this.#advance();
    if (this.#isStrict && this.#token.kind === (close as JsonToken['kind'])) throw this.#unexpected();
  }

  #advance(): void {
    this.#token = this.#scanner.next();
  }

  #unexpected(hint = ''): JsonSyntaxError {
    const { kind, start } = this.#token;
    if (kind === 'end') return new JsonSyntaxError(ENDS_TOO_EARLY, start);
    const isPunctuation = kind.length === 1;
    return new JsonSyntaxError(`unexpected ${PUNCTUATION[kind] ?? kind}${isPunctuation ? '' : hint}`, start);
  }

  #unexpectedKey(): JsonSyntaxError {
    const { kind, start } = this.#token;
    const isBareKey = kind === 'name' || kind === 'number';
    return isBareKey ? new JsonSyntaxError('put the key in quotes', start) : this.#unexpected();
  }
}

/** Names of characters that a sentence cannot show. */
const PUNCTUATION: Readonly<Record<string, string>> = { ',': 'comma', ':': 'colon' };

/** Returns the number of a JSON5 text: `Number` takes no sign before `0x`. */
function numberOf(text: string): number {
  const isSigned = text.startsWith('-') || text.startsWith('+');
  const number = Number(isSigned ? text.slice(1) : text);
  return text.startsWith('-') ? -number : number;
}

/** Returns the plain data of a node. A key such as `__proto__` is an ordinary member. */
export function jsonValueOf(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.elements.map(jsonValueOf);
  const value: Record<string, unknown> = {};
  for (const [key, member] of node.members) setOwn(value, key, jsonValueOf(member.node));
  return value;
}
