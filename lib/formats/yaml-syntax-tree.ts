import { EVENT_ID, SCALAR_STYLE, type Event, type ScalarEvent } from 'js-yaml';
import type { OriginPart } from '../model/origin.interface.js';
import type { TextPosition } from './text-position.js';
import { contentOf } from './yaml-content.js';
import { ROOT, type YamlDocument } from './yaml-events.js';
import { resolvePlain, resolveTagged } from './yaml-scalars.js';
import { fullTag, MERGE_TAG } from './yaml-tags.js';

/** The events of a key and its value. List items have no key. */
interface Member {
  readonly key: number | undefined;
  readonly value: number;
}

/** The pairs of one mapping as written. */
interface Pairs {
  /** Of a repeated key, the first one. */
  readonly own: ReadonlyMap<string, Member>;
  /** Values of `<<`. */
  readonly merges: readonly number[];
}

/** The nodes of a YAML document, with the position of each value and key. A node is the index of its first event. */
export class YamlSyntaxTree {
  /** For each node, the index of the event after it. */
  readonly #ends: Int32Array;
  /** For each alias, the node that it stands for: the last one with the name of its anchor before it. */
  readonly #targets = new Map<number, number>();
  readonly #pairs = new Map<number, Pairs>();
  readonly #members = new Map<number, ReadonlyMap<string, Member>>();
  /** For each list with empty items, the offsets of their dashes. */
  readonly #dashes = new Map<number, ReadonlyMap<number, number>>();

  constructor(private readonly document: YamlDocument) {
    this.#ends = new Int32Array(document.events.length);
    this.#index();
  }

  locate(path: readonly string[], part: OriginPart = 'value'): TextPosition | undefined {
    let node: number | undefined = ROOT;
    let key: number | undefined;
    let list: number | undefined;
    let last = part;
    for (const name of path) {
      const around: number | undefined = this.#resolved(node);
      const member = this.#memberOf(around, name);
      if (member === undefined) {
        last = 'key';
        break;
      }
      ({ key, value: node } = member);
      list = key === undefined ? around : undefined;
    }
    const value = this.startOf(node) ?? this.#dashOf(list, node);
    const offset = last === 'value' ? (value ?? this.startOf(key)) : (this.startOf(key) ?? value);
    return offset === undefined ? undefined : this.document.at(offset);
  }

  /** Returns the characters of the number, boolean or null at a path; undefined for strings and empty values. */
  textOf(path: readonly string[]): string | undefined {
    let node: number | undefined = ROOT;
    for (const name of path) node = this.#memberOf(this.#resolved(node), name)?.value;
    const event = this.#eventOf(this.#resolved(node));
    if (event?.type !== EVENT_ID.SCALAR || event.valueStart < 0) return undefined;
    const content = contentOf(this.document.text, event);
    return typeof this.#valueOf(event, content) === 'string' ? undefined : content;
  }

  /** Returns the offset of a node, without its tag and anchor; undefined if it is empty. */
  startOf(node: number | undefined): number | undefined {
    const event = this.#eventOf(node);
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT)
      return undefined;
    if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
    if (event.type !== EVENT_ID.SCALAR) return event.start;
    return event.valueStart < 0 ? undefined : this.#startOfScalar(event, node ?? 0);
  }

  /** Returns the offset of the dash of an empty list item, which has no other place. */
  #dashOf(list: number | undefined, item: number | undefined): number | undefined {
    if (list === undefined || item === undefined) return undefined;
    const dashes = this.#dashes.get(list) ?? this.#dashesOf(list);
    this.#dashes.set(list, dashes);
    return dashes.get(item);
  }

  #dashesOf(list: number): ReadonlyMap<number, number> {
    const dashes = new Map<number, number>();
    const start = this.startOf(list);
    if (start === undefined) return dashes;
    const column = start - (this.document.text.lastIndexOf('\n', start) + 1);
    let dash: number | undefined = start;
    for (const each of this.#itemsOf(list)) {
      if (each > list + 1) dash = this.#nextDash(Math.max(dash, this.#textEndOf(each - 1)), column);
      if (dash === undefined) break;
      dashes.set(each, dash);
    }
    return dashes;
  }

  /** Returns the offset after the last characters up to an event, or 0. */
  #textEndOf(last: number): number {
    const event = this.#eventOf(last);
    return event?.type === EVENT_ID.SCALAR ? Math.max(event.valueEnd, 0) : 0;
  }

  /** Finds the next line whose first character is a dash in this column: all dashes of a list have the same. */
  #nextDash(from: number, column: number): number | undefined {
    const { text } = this.document;
    for (let line = text.indexOf('\n', from - 1) + 1; line > 0; line = text.indexOf('\n', line) + 1)
      if (text[line + column] === '-' && text.slice(line, line + column).trim() === '') return line + column;
    return undefined;
  }

  /** Returns the pairs of a mapping, without those that are merged into it. */
  pairsOf(mapping: number): Pairs {
    const known = this.#pairs.get(mapping);
    if (known !== undefined) return known;
    const own = new Map<string, Member>();
    const merges: number[] = [];
    for (let key = mapping + 1; !this.#isPop(key);) {
      const value = this.#endOf(key);
      const name = this.#keyText(key);
      if (name !== undefined && this.#isMergeKey(key)) merges.push(value);
      else if (name !== undefined && !own.has(name)) own.set(name, { key, value });
      key = this.#endOf(value);
    }
    const pairs = { own, merges };
    this.#pairs.set(mapping, pairs);
    return pairs;
  }

  #index(): void {
    const { events, text } = this.document;
    const open: number[] = [];
    const anchors = new Map<string, number>();
    for (const [index, event] of events.entries()) {
      const start = event.type === EVENT_ID.POP ? open.pop() : index;
      if (start !== undefined) this.#ends[start] = index + 1;
      if (event.type === EVENT_ID.POP) continue;
      if (event.type !== EVENT_ID.SCALAR && event.type !== EVENT_ID.ALIAS) open.push(index);
      if (event.type === EVENT_ID.DOCUMENT || event.anchorStart < 0) continue;
      const name = text.slice(event.anchorStart, event.anchorEnd);
      const target = anchors.get(name);
      if (event.type !== EVENT_ID.ALIAS) anchors.set(name, index);
      else if (target !== undefined) this.#targets.set(index, target);
    }
  }

  #memberOf(node: number | undefined, name: string): Member | undefined {
    if (node === undefined) return undefined;
    return this.#membersOf(node).get(name);
  }

  /** A key of the mapping itself wins over a key that is merged into it, and an earlier merge over a later one. */
  #membersOf(node: number): ReadonlyMap<string, Member> {
    const known = this.#members.get(node);
    if (known !== undefined) return known;
    const type = this.#eventOf(node)?.type;
    const members = new Map<string, Member>();
    this.#members.set(node, members);
    if (type === EVENT_ID.SEQUENCE)
      for (const [index, value] of this.#itemsOf(node).entries())
        members.set(String(index), { key: undefined, value });
    if (type !== EVENT_ID.MAPPING) return members;
    const { own, merges } = this.pairsOf(node);
    for (const [name, member] of own) members.set(name, member);
    for (const source of merges.flatMap((merged) => this.#mergedOf(merged)))
      for (const [name, member] of this.#membersOf(source)) if (!members.has(name)) members.set(name, member);
    return members;
  }

  #itemsOf(list: number): number[] {
    const items: number[] = [];
    for (let item = list + 1; !this.#isPop(item); item = this.#endOf(item)) items.push(item);
    return items;
  }

  /** Returns the mappings that the value of `<<` stands for. */
  #mergedOf(value: number): number[] {
    const source = this.#resolved(value) ?? value;
    if (this.#eventOf(source)?.type !== EVENT_ID.SEQUENCE) return [source];
    return this.#itemsOf(source).map((item) => this.#resolved(item) ?? item);
  }

  /** Follows an alias to its anchor; returns any other node itself. */
  #resolved(node: number | undefined): number | undefined {
    return this.#eventOf(node)?.type === EVENT_ID.ALIAS ? this.#targets.get(node ?? 0) : node;
  }

  #keyText(node: number): string | undefined {
    const event = this.#eventOf(this.#resolved(node));
    return event?.type === EVENT_ID.SCALAR ? contentOf(this.document.text, event) : undefined;
  }

  #isMergeKey(node: number): boolean {
    const event = this.#eventOf(node);
    if (event?.type !== EVENT_ID.SCALAR) return false;
    if (event.tagStart >= 0) return this.#tagOf(event) === MERGE_TAG;
    return event.style === SCALAR_STYLE.PLAIN && this.#keyText(node) === '<<';
  }

  #valueOf(event: ScalarEvent, content: string): unknown {
    if (event.tagStart < 0) return event.style === SCALAR_STYLE.PLAIN ? resolvePlain(content) : content;
    const result = resolveTagged(this.#tagOf(event), content);
    return result !== undefined && 'value' in result && !(result.value instanceof Uint8Array)
      ? result.value
      : content;
  }

  #tagOf(event: ScalarEvent): string {
    const { text, tagPrefixes } = this.document;
    return fullTag(text.slice(event.tagStart, event.tagEnd), tagPrefixes);
  }

  #startOfScalar(event: ScalarEvent, node: number): number {
    if (event.style === SCALAR_STYLE.PLAIN) return event.valueStart;
    if (event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED)
      return event.valueStart - 1;
    return this.#headerOf(event, node);
  }

  /** Finds the `|` or `>` before a block string: on the line before it, after the key, the tag and the anchor. */
  #headerOf(event: ScalarEvent, node: number): number {
    const { text } = this.document;
    const before = this.#eventOf(node - 1);
    const key = before?.type === EVENT_ID.SCALAR ? before.valueEnd : 0;
    let end = event.valueStart;
    if (text[end - 1] === '\n') end -= 1;
    if (text[end - 1] === '\r') end -= 1;
    const line = Math.max(text.lastIndexOf('\n', end - 1), text.lastIndexOf('\r', end - 1)) + 1;
    const from = Math.max(line, key, event.tagEnd, event.anchorEnd);
    const header = text.slice(from, end).search(/[|>]/);
    return header === -1 ? event.valueStart : from + header;
  }

  #eventOf(node: number | undefined): Event | undefined {
    return node === undefined ? undefined : this.document.events[node];
  }

  #endOf(node: number): number {
    return this.#ends[node] ?? this.document.events.length;
  }

  /** Returns `true` at the end of a list or mapping, and of the events. */
  #isPop(index: number): boolean {
    const event = this.document.events[index];
    return event === undefined || event.type === EVENT_ID.POP;
  }
}
