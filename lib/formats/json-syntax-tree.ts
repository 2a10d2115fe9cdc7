import type { TextProblem } from './config-format.interface.js';
import { isExactNumber } from './exact-number.js';
import { type InexactNumber, MAX_INEXACT_NUMBERS } from './inexact-number.js';
import { JsonParser, jsonValueOf, type JsonNode, type RepeatedJsonKey } from './json-parser.js';
import type { JsonDialect } from './json-scanner.js';
import { JsonSyntaxError } from './json-syntax.error.js';
import { MAX_REPEATED_KEYS, repeatedKey } from './repeated-keys.js';
import { DEFAULT_CONTENT_LIMITS } from '../limits/content-limits.js';
import { TextLines, type TextPosition } from './text-position.js';
import type { OriginPart } from '../model/origin.interface.js';

/** The syntax tree of a JSON text of any dialect, with the position of each value and key. */
export class JsonSyntaxTree {
  readonly #lines: TextLines;
  readonly #root: JsonNode | undefined;
  readonly #repeatedKeys: readonly RepeatedJsonKey[] = [];
  /** The reason why there is no tree. */
  readonly error: JsonSyntaxError | undefined;

  constructor(
    private readonly text: string,
    dialect: JsonDialect,
    maxKeys = DEFAULT_CONTENT_LIMITS.maxKeys,
  ) {
    this.#lines = new TextLines(text);
    try {
      const parser = new JsonParser(text, dialect, maxKeys);
      this.#root = parser.parse();
      this.#repeatedKeys = parser.repeatedKeys;
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      this.error = error;
    }
  }

  /** Position of the syntax error. */
  get errorPosition(): TextPosition | undefined {
    return this.error && this.#lines.at(this.error.offset);
  }

  /** The parsed value; undefined if the text has only comments. */
  get value(): unknown {
    return this.#root && jsonValueOf(this.#root);
  }

  locate(path: readonly string[], part: OriginPart = 'value'): TextPosition | undefined {
    let node = this.#root;
    let key: number | undefined;
    let last = part;
    for (const name of path) {
      const member = memberOf(node, name);
      if (member === undefined) {
        last = 'key';
        break;
      }
      ({ key, node } = member);
    }
    const offset = last === 'key' ? (key ?? node?.start) : node?.start;
    return offset === undefined ? undefined : this.#lines.at(offset);
  }

  /** Returns the characters of the number, boolean or null at `path`. */
  textOf(path: readonly string[]): string | undefined {
    let node = this.#root;
    for (const name of path) node = memberOf(node, name)?.node;
    return node?.kind === 'scalar' && typeof node.value !== 'string'
      ? this.text.slice(node.start, node.end)
      : undefined;
  }

  /** Finds the keys that appear twice in one object, in the order of the text. */
  repeatedKeys(): TextProblem[] {
    return this.#repeatedKeys
      .slice(0, MAX_REPEATED_KEYS)
      .map(({ key, offset, firstOffset }) =>
        repeatedKey(key, this.#lines.at(firstOffset).line, this.#lines.at(offset)),
      );
  }

  /** Finds the numbers that would become other numbers, in the order of the text. */
  inexactNumbers(): InexactNumber[] {
    const inexact: InexactNumber[] = [];
    const path: string[] = [];
    const visit = (node: JsonNode): void => {
      if (inexact.length >= MAX_INEXACT_NUMBERS) return;
      if (node.kind === 'scalar') {
        if (typeof node.value !== 'number') return;
        const text = this.text.slice(node.start, node.end);
        // JSON5 has `Infinity` and `NaN`.
        if (text.endsWith('y') || text.endsWith('N') || isExactNumber(text, node.value)) return;
        const position = this.#lines.at(node.start);
        inexact.push({ path: [...path], text, number: node.value, position });
        return;
      }
      for (const [key, below] of branchesOf(node)) {
        path.push(key);
        visit(below);
        path.pop();
      }
    };
    if (this.#root !== undefined) visit(this.#root);
    return inexact;
  }
}

function* branchesOf(node: Exclude<JsonNode, { kind: 'scalar' }>): Generator<[string, JsonNode]> {
  if (node.kind === 'object') for (const [key, member] of node.members) yield [key, member.node];
  else for (const [index, element] of node.elements.entries()) yield [String(index), element];
}

function memberOf(
  node: JsonNode | undefined,
  name: string,
): { key?: number | undefined; node: JsonNode } | undefined {
  if (node?.kind === 'object') return node.members.get(name);
  const element = node?.kind === 'list' ? node.elements[Number(name)] : undefined;
  return element && { key: undefined, node: element };
}
