import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { TextLines, TextPosition } from './text-position.js';
import type { TextProblem } from './config-format.interface.js';
import { repeatedKey } from './repeated-keys.js';
import type { OriginPart } from '../model/origin.interface.js';

/** The syntax tree of a YAML document, with the position of each value and key. */
export class YamlSyntaxTree {
  constructor(
    private readonly document: Document.Parsed,
    private readonly lines: TextLines,
  ) {}

  locate(path: readonly string[], part: OriginPart = 'value'): TextPosition | undefined {
    let node: unknown = this.document.contents;
    let key: unknown;
    let last = part;
    for (const name of path) {
      const member = this.#memberOf(this.#resolved(node), name);
      if (member === undefined) {
        last = 'key';
        break;
      }
      [key, node] = [member.key, member.value];
    }
    return (
      (last === 'value' && hasText(node) ? this.#start(node) : undefined) ??
      this.#start(key) ??
      this.#start(node)
    );
  }

  /** Finds all keys that appear twice in one mapping, in the order of the text. */
  repeatedKeys(): TextProblem[] {
    const repeated: { offset: number; key: string; first: number }[] = [];
    const pending: unknown[] = [this.document.contents];
    while (pending.length > 0) {
      const node = pending.pop();
      if (isSeq(node)) pending.push(...node.items);
      if (!isMap(node)) continue;
      const seen = new Map<string, number>();
      for (const pair of node.items) {
        pending.push(pair.key, pair.value);
        const key = keyText(pair.key);
        if (key === undefined || isMergeKey(pair.key)) continue;
        const offset = (pair.key as Node | null)?.range?.[0] ?? 0;
        const first = seen.get(key);
        if (first === undefined) seen.set(key, offset);
        else repeated.push({ offset, key, first });
      }
    }
    repeated.sort((a, b) => a.offset - b.offset);
    return repeated.map(({ offset, key, first }) =>
      repeatedKey(key, this.lines.at(first).line, this.lines.at(offset)),
    );
  }

  /** Finds the first alias that matches. */
  positionOfAlias(matches: (alias: Alias) => boolean): TextPosition | undefined {
    let found: Alias | undefined;
    visit(this.document, {
      Alias: (_key, alias) => {
        if (!matches(alias)) return undefined;
        found = alias;
        return visit.BREAK;
      },
    });
    return this.#start(found);
  }

  /** Finds the first `<<` whose value is neither a mapping nor a list of mappings. */
  positionOfBadMerge(): TextPosition | undefined {
    let found: unknown;
    visit(this.document, {
      Pair: (_key, pair) => {
        if (!isMergeKey(pair.key) || this.#merged(pair).every((source) => isMap(source))) return undefined;
        found = hasText(pair.value) ? pair.value : pair.key;
        return visit.BREAK;
      },
    });
    return this.#start(found);
  }

  #memberOf(node: unknown, name: string): { key: unknown; value: unknown } | undefined {
    if (isSeq(node)) {
      const index = Number(name);
      return index in node.items ? { key: undefined, value: node.items[index] } : undefined;
    }
    return isMap(node) ? this.#pairOf(node, name) : undefined;
  }

  /** A key of the mapping itself wins over a key that is merged into it. */
  #pairOf(map: YAMLMap, name: string): Pair | undefined {
    const own = map.items.find((pair) => keyText(pair.key) === name && !isMergeKey(pair.key));
    if (own !== undefined) return own;
    for (const pair of map.items) {
      if (!isMergeKey(pair.key)) continue;
      for (const source of this.#merged(pair)) {
        const merged = isMap(source) ? this.#pairOf(source, name) : undefined;
        if (merged !== undefined) return merged;
      }
    }
    return undefined;
  }

  #merged(pair: Pair): unknown[] {
    const source = this.#resolved(pair.value);
    return isSeq(source) ? source.items.map((item) => this.#resolved(item)) : [source];
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }

  #start(node: unknown): TextPosition | undefined {
    const range = (node as Node | null | undefined)?.range;
    return range ? this.lines.at(range[0]) : undefined;
  }
}

/** Returns the property name that `yaml` uses for a key; undefined for keys that are collections. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  // A scalar has an object as its value only for tags such as !!timestamp; `yaml` uses its string too.
  return key.value === null ? '' : String(key.value as string | number | boolean);
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && typeof key.value === 'symbol';
}

/** Returns `false` for the missing value after `key:`. */
function hasText(node: unknown): boolean {
  const range = (node as Node | null | undefined)?.range;
  return range !== null && range !== undefined && range[1] > range[0];
}
