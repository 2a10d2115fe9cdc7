import { evaluate, parse, type MemberNode, type Mode, type ValueNode } from '@humanwhocodes/momoa';
import { TextLines, type TextPosition } from './text-position.js';
import type { TextProblem } from './config-format.interface.js';
import type { OriginPart } from '../model/origin.interface.js';

/** A JSON text, strict or not, with the positions of all it holds. */
export class JsonSyntaxTree {
  readonly #lines: TextLines;
  readonly #root: ValueNode | undefined;
  /** Why there is no tree: a slip in the text, or a RangeError where it nests more deeply than the stack reaches. */
  readonly error: Error | undefined;

  constructor(text: string, mode: Mode = 'json') {
    this.#lines = new TextLines(text);
    try {
      this.#root = parse(endingWithNewline(text, mode), { mode, allowTrailingCommas: mode !== 'json' }).body;
    } catch (error) {
      this.error = error as Error;
    }
  }

  /** Where the text goes wrong. */
  get errorPosition(): TextPosition | undefined {
    const { offset } = (this.error ?? {}) as { offset?: number };
    return offset === undefined ? undefined : this.#lines.at(offset);
  }

  /** What the text says. Keys such as `__proto__` are members like any other. */
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

  /** Every key that stands in its object already, in the order of the text. */
  repeatedKeys(): TextProblem[] {
    const offsets: { offset: number; message: string }[] = [];
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
        else
          offsets.push({
            offset: name.loc.start.offset,
            message: `the key "${key}" stands here a second time (first in line ${first})`,
          });
      }
    }
    offsets.sort((a, b) => a.offset - b.offset);
    return offsets.map(({ offset, message }) => ({ message, position: this.#lines.at(offset) }));
  }
}

/** Without a newline, momoa 3.3.9 never ends where JSON5 breaks off after a backslash in a string. */
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
