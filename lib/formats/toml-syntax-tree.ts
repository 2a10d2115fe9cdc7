import { parseTOML, type AST } from 'toml-eslint-parser';
import { TextLines, type TextPosition } from './text-position.js';
import type { OriginPart } from '../model/origin.interface.js';

/** The offsets of one key or list element in the text. A table may be opened more than once. */
interface Place {
  /** Offset of the key; undefined for an element of a list. */
  key?: number;
  /** Offset of the value; undefined for a table of dotted keys or headers. */
  value?: number;
  /** End of a value that is no table, list or string. */
  end?: number;
  readonly members: Map<string, Place>;
}

/** The syntax tree of a TOML text, with the position of each value and key. */
export class TomlSyntaxTree {
  readonly #lines: TextLines;
  readonly #root: Place = { value: 0, members: new Map() };

  constructor(private readonly text: string) {
    this.#lines = new TextLines(text);
    try {
      this.#topLevel(parseTOML(withPossibleDates(text), { tomlVersion: '1.1' }).body[0]);
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

  /** Returns the characters of the number, boolean, date or time at `path`. */
  textOf(path: readonly string[]): string | undefined {
    let place: Place | undefined = this.#root;
    for (const name of path) place = place?.members.get(name);
    return place?.end === undefined ? undefined : this.text.slice(place.value, place.end);
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
    if (node.type === 'TOMLValue' && node.kind !== 'string') place.end = node.range[1];
    if (node.type === 'TOMLInlineTable') for (const entry of node.body) this.#entry(place, entry);
    if (node.type !== 'TOMLArray') return;
    for (const [index, element] of node.elements.entries()) {
      this.#content(memberOf(place, String(index)), element);
    }
  }
}

/**
 * Replaces the days that a month does not have, which the parser refuses: the format reports these dates, and needs their
 * positions. No offset changes.
 */
function withPossibleDates(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d/g, (date) => (isPossibleDate(date) ? date : `${date.slice(0, 8)}28`));
}

/** Checks whether a date such as `1988-02-30` is in the calendar. */
export function isPossibleDate(date: string): boolean {
  const parsed = new Date(`${date}T00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
}

function memberOf(place: Place, name: string, key?: number): Place {
  const known = place.members.get(name);
  if (known !== undefined) return known;
  const member: Place = { ...(key !== undefined && { key }), members: new Map() };
  place.members.set(name, member);
  return member;
}
