import { parse, type MemberNode, type ValueNode } from '@humanwhocodes/momoa';
import { TextLines, type TextPosition } from '../text-position.js';
import type { LocatedPart, TextProblem } from './config-format.interface.js';

/** A JSON text with the positions of all it holds. */
export class JsonSyntaxTree {
  readonly #lines: TextLines;
  readonly #root: ValueNode | undefined;

  constructor(text: string) {
    this.#lines = new TextLines(text);
    try {
      this.#root = parse(text, { mode: 'json' }).body;
    } catch {
      // Nested more deeply than the stack reaches: such content is refused anyhow, here it just has no position.
      this.#root = undefined;
    }
  }

  /** Where a text that is no JSON goes wrong. */
  static errorPosition(text: string): TextPosition | undefined {
    try {
      parse(text, { mode: 'json' });
    } catch (error) {
      const { offset } = error as { offset?: number };
      if (offset !== undefined) return new TextLines(text).at(offset);
    }
    return undefined;
  }

  locate(path: readonly string[], part: LocatedPart = 'value'): TextPosition | undefined {
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
