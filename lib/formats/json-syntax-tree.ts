import { evaluate, parse, type MemberNode, type Mode, type ValueNode } from '@humanwhocodes/momoa';
import { TextLines, type TextPosition } from './text-position.js';
import type { TextProblem } from './config-format.interface.js';
import { repeatedKey } from './repeated-keys.js';
import type { OriginPart } from '../model/origin.interface.js';

/** Message for a text that stops in the middle. */
export const ENDS_TOO_EARLY =
  'the text ends too early; it may be cut off, or a closing bracket or quote is missing';

/** The syntax tree of a JSON text, strict or not, with the position of each value and key. */
export class JsonSyntaxTree {
  readonly #lines: TextLines;
  readonly #root: ValueNode | undefined;
  /** The reason why there is no tree: a syntax error, or a RangeError if the text is nested too deeply. */
  readonly error: Error | undefined;

  constructor(text: string, mode: Mode = 'json') {
    this.#lines = new TextLines(text);
    try {
      this.#root = parse(endingWithNewline(text, mode), { mode, allowTrailingCommas: mode !== 'json' }).body;
    } catch (error) {
      this.error = error as Error;
    }
  }

  /** Position of the syntax error. */
  get errorPosition(): TextPosition | undefined {
    const { offset } = (this.error ?? {}) as { offset?: number };
    return offset === undefined ? undefined : this.#lines.at(offset);
  }

  /** The parsed value. Keys such as `__proto__` are ordinary members. */
  get value(): unknown {
    return this.#root && evaluate(this.#root);
  }

  locate(path: readonly string[], part: OriginPart = 'value'): TextPosition | undefined {
    let node = this.#root;
    let key: MemberNode['name'] | undefined;
    let last = part;
    for (const name of path) {
      const [nextKey, next] = memberOf(node, name);
      if (next === undefined) {
        last = 'key';
        break;
      }
      [key, node] = [nextKey, next];
    }
    const found = last === 'key' ? (key ?? node) : node;
    return found && this.#lines.at(found.loc.start.offset);
  }

  /** Finds all keys that appear twice in one object, in the order of the text. */
  repeatedKeys(): TextProblem[] {
    const repeated: { offset: number; key: string; first: number }[] = [];
    const pending = this.#root === undefined ? [] : [this.#root];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (node.type === 'Array') pending.push(...node.elements.map((element) => element.value));
      if (node.type !== 'Object') continue;
      const seen = new Map<string, number>();
      for (const { name, value } of node.members) {
        pending.push(value);
        const key = keyOf(name);
        const first = seen.get(key);
        if (first === undefined) seen.set(key, name.loc.start.line);
        else repeated.push({ offset: name.loc.start.offset, key, first });
      }
    }
    repeated.sort((a, b) => a.offset - b.offset);
    return repeated.map(({ offset, key, first }) => repeatedKey(key, first, this.#lines.at(offset)));
  }
}

/** Adds a newline: without it, momoa 3.3.9 loops forever if JSON5 is cut off after a backslash in a string. */
export function endingWithNewline(text: string, mode: Mode): string {
  return mode === 'json5' ? `${text}\n` : text;
}

function memberOf(
  node: ValueNode | undefined,
  name: string,
): [MemberNode['name'] | undefined, ValueNode | undefined] {
  if (node?.type === 'Array') return [undefined, node.elements[Number(name)]?.value];
  if (node?.type !== 'Object') return [undefined, undefined];
  const member = node.members.find((candidate) => keyOf(candidate.name) === name);
  return [member?.name, member?.value];
}

function keyOf(name: MemberNode['name']): string {
  return name.type === 'String' ? name.value : name.name;
}
