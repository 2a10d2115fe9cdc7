import { parseTOML, type AST } from 'toml-eslint-parser';
import { TextLines, type TextPosition } from './text-position.js';
import type { OriginPart } from '../model/origin.interface.js';

/** The offsets of one key or list element in the text. A table may be opened more than once. */
interface Place {
  /** Offset of the key; undefined for an element of a list. */
  key?: number;
  /** Offset of the value; undefined for a table of dotted keys or headers. */
  value?: number;
  readonly members: Map<string, Place>;
}

/** The syntax tree of a TOML text, with the position of each value and key. */
export class TomlSyntaxTree {
  readonly #lines: TextLines;
  readonly #root: Place = { value: 0, members: new Map() };

  constructor(text: string) {
    this.#lines = new TextLines(text);
    try {
      // The most permissive version: invalid text was rejected before.
      this.#topLevel(parseTOML(text, { tomlVersion: '1.1' }).body[0]);
    } catch {
      // Nested deeper than the stack allows: such content is rejected elsewhere, it only has no positions here.
    }
  }

  locate(path: readonly string[], part: OriginPart = 'value'): TextPosition | undefined {
    let place = this.#root;
    let last = part;
    for (const name of path) {
      const next = place.members.get(name);
      if (next === undefined) {
        last = 'key';
        break;
      }
      place = next;
    }
    const offset = last === 'value' ? (place.value ?? place.key) : (place.key ?? place.value);
    return offset === undefined ? undefined : this.#lines.at(offset);
  }

  #topLevel(table: AST.TOMLTopLevelTable): void {
    for (const entry of table.body) {
      if (entry.type === 'TOMLKeyValue') this.#entry(this.#root, entry);
      else this.#table(entry);
    }
  }

  /** Handles `[a.b]` and `[[a.b]]`: keys in the header have positions, list indices have none. */
  #table(table: AST.TOMLTable): void {
    const keys = [...table.key.keys];
    let place = this.#root;
    for (const step of table.resolvedKey) {
      const isIndex = typeof step === 'number';
      const at = isIndex ? table.range[0] : keys.shift()?.range[0];
      place = memberOf(place, String(step), isIndex ? undefined : at);
      if (isIndex) place.value ??= at;
    }
    for (const entry of table.body) this.#entry(place, entry);
  }

  #entry(around: Place, entry: AST.TOMLKeyValue): void {
    let place = around;
    for (const key of entry.key.keys) {
      place = memberOf(place, key.type === 'TOMLBare' ? key.name : key.value, key.range[0]);
    }
    this.#content(place, entry.value);
  }

  #content(place: Place, node: AST.TOMLContentNode): void {
    place.value = node.range[0];
    if (node.type === 'TOMLInlineTable') for (const entry of node.body) this.#entry(place, entry);
    if (node.type !== 'TOMLArray') return;
    for (const [index, element] of node.elements.entries()) {
      this.#content(memberOf(place, String(index)), element);
    }
  }
}

function memberOf(place: Place, name: string, key?: number): Place {
  const known = place.members.get(name);
  if (known !== undefined) return known;
  const member: Place = { ...(key !== undefined && { key }), members: new Map() };
  place.members.set(name, member);
  return member;
}
