import {
  COLLECTION_STYLE,
  EVENT_ID,
  SCALAR_STYLE,
  type AliasEvent,
  type Event,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml';
import type { ParseContext, TextProblem } from './config-format.interface.js';
import { tooManyKeys } from '../limits/inspect-tree.js';
import { inexactNumberProblem } from './inexact-number.js';
import { nameOf } from './message-parts.js';
import { repeatedKey } from './repeated-keys.js';
import { contentOf } from './yaml-content.js';
import { ROOT, type YamlDocument } from './yaml-events.js';
import { NESTED_ON_ONE_LINE } from './yaml-syntax-message.js';
import { isExact, keyProblem, resolvePlain, resolveTagged } from './yaml-scalars.js';
import { YamlSyntaxTree } from './yaml-syntax-tree.js';
import { fullTag, MERGE_TAG, STRING_TAG, tagProblem, UNKNOWN_TAG } from './yaml-tags.js';
import { trapOf } from './yaml-traps.js';

/** Problems reported for one file; an operator does not read more. */
const MAX_PROBLEMS = 50;

/** A `\U` that is no escaped backslash and a letter, with a number above 10FFFF. */
const IMPOSSIBLE_CHARACTER = /(?<!\\)(?:\\\\)*\\U(?!00(?:0[\da-fA-F]|10))/;

/** A node that aliases may refer to. */
interface Anchor {
  /** Index of its event. */
  readonly index: number;
  readonly value: unknown;
  /** Number of its nodes, with aliases expanded. */
  readonly size: number;
  /** `true` within the node itself. */
  readonly isOpen: boolean;
}

/** A list or a mapping that is not complete. */
interface Frame {
  /** Index of its event. */
  readonly index: number;
  readonly value: unknown[] | Record<string, unknown>;
  /** Name of its anchor. */
  readonly anchor: string | undefined;
  /** Number of its nodes until now, with aliases expanded. */
  size: number;
  /** `true` between a key and its value. */
  hasKey: boolean;
  /** Key of the next value; undefined if the key was refused. */
  key: string | undefined;
  /** `true` if the next value is merged into this mapping. */
  isMerge: boolean;
  /** Keys of this mapping that come from merges only. Its own keys replace them. */
  merged: Set<string> | undefined;
}

/**
 * Composes the value of a YAML document from the events of its parser. An alias is the same object as its anchor: values
 * are frozen before an app sees them.
 *
 * It does not recurse, and takes linear time: aliases are limited by the number of nodes that they expand to.
 */
export class YamlComposer {
  readonly problems: TextProblem[] = [];
  readonly warnings: TextProblem[] = [];
  /** Undefined if the document is empty. */
  value: unknown;
  readonly #events: readonly Event[];
  readonly #text: string;
  readonly #frames: Frame[] = [];
  readonly #anchors = new Map<string, Anchor>();
  /** Nodes that aliases stand for. */
  #expanded = 0;
  /** Keys and elements, without those that aliases stand for. */
  #keys = 0;
  #tree: YamlSyntaxTree | undefined;

  constructor(
    private readonly document: YamlDocument,
    private readonly context: ParseContext,
  ) {
    this.#events = document.events;
    this.#text = document.text;
    let index = ROOT;
    do this.#next(this.#events[index], index);
    while (++index < this.#events.length && this.#frames.length > 0 && !this.#isExhausted);
  }

  #next(event: Event | undefined, index: number): void {
    if (event === undefined || event.type === EVENT_ID.DOCUMENT) return;
    if (event.type === EVENT_ID.SCALAR) this.#scalar(event, index);
    else if (event.type === EVENT_ID.ALIAS) this.#alias(event, index);
    else if (event.type === EVENT_ID.POP) this.#close();
    else this.#open(event, index);
  }

  #scalar(event: ScalarEvent, index: number): void {
    const content = contentOf(this.#text, event);
    if (this.#hasImpossibleCharacter(event)) {
      const message = 'there is no character with this number in \\U; the highest is \\U0010FFFF';
      this.#refuse(message, event.valueStart - 1);
    }
    const frame = this.#frames.at(-1);
    const isKey = frame !== undefined && expectsKey(frame);
    // The value of a key with an anchor is resolved by the alias that needs it.
    const value = isKey ? undefined : this.#valueOf(event, content);
    if (event.anchorStart >= 0)
      this.#anchors.set(this.#anchorOf(event), { index, value, size: 1, isOpen: false });
    if (isKey) this.#key(frame, event, content, index);
    else this.#add(value, 1, index);
  }

  /** `js-yaml` takes numbers above the highest character, and makes other characters of them. */
  #hasImpossibleCharacter({ style, fast, valueStart, valueEnd }: ScalarEvent): boolean {
    if (style !== SCALAR_STYLE.DOUBLE_QUOTED || fast) return false;
    return IMPOSSIBLE_CHARACTER.test(this.#text.slice(valueStart, valueEnd));
  }

  #open(event: SequenceEvent | MappingEvent, index: number): void {
    const isList = event.type === EVENT_ID.SEQUENCE;
    if (event.tagStart >= 0) {
      const problem = tagProblem(this.#tagOf(event), isList ? 'list' : 'mapping');
      if (problem !== undefined) this.#tagIssue(problem, event.tagStart);
    }
    if (!isList && this.#isOnLineOfKey(event, index)) this.#refuse(NESTED_ON_ONE_LINE, event.start);
    const value = isList ? [] : {};
    const anchor = event.anchorStart < 0 ? undefined : this.#anchorOf(event);
    if (anchor !== undefined) this.#anchors.set(anchor, { index, value, size: 0, isOpen: true });
    const state = { size: 1, hasKey: false, key: undefined, isMerge: false, merged: undefined };
    this.#frames.push({ index, value, anchor, ...state });
  }

  /** `js-yaml` takes `a: &x b: c` as `a: {b: c}`, which YAML does not allow. */
  #isOnLineOfKey({ style, start }: MappingEvent, index: number): boolean {
    const frame = this.#frames.at(-1);
    const key = this.#events[index - 1];
    if (style !== COLLECTION_STYLE.BLOCK || frame?.hasKey !== true || key?.type !== EVENT_ID.SCALAR)
      return false;
    const end = Math.max(key.valueEnd, key.tagEnd, key.anchorEnd);
    return end >= 0 && !/[\r\n]/.test(this.#text.slice(end, start));
  }

  #close(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return;
    const { anchor, index, value, size } = frame;
    // A node within may have taken the name.
    if (anchor !== undefined && this.#anchors.get(anchor)?.index === index)
      this.#anchors.set(anchor, { index, value, size, isOpen: false });
    this.#add(value, size, index);
  }

  #alias(event: AliasEvent, index: number): void {
    const offset = event.anchorStart - 1;
    const anchor = this.#anchors.get(this.#anchorOf(event));
    if (anchor === undefined) {
      // Without the name of the alias: an unquoted password that starts with * is parsed as one.
      const message =
        'the alias has no anchor before it; define the anchor, or put a string that starts with * in quotes';
      this.#refuse(message, offset);
      return this.#add(undefined, 1, index);
    }
    if (anchor.isOpen) {
      this.#refuse('the list or mapping of this alias contains itself; remove the alias', offset);
      return this.#add(undefined, 1, index);
    }
    const target = this.#events[anchor.index];
    const scalar = target?.type === EVENT_ID.SCALAR ? target : undefined;
    const frame = this.#frames.at(-1);
    if (scalar !== undefined && frame !== undefined && expectsKey(frame))
      return this.#key(frame, scalar, contentOf(this.#text, scalar), index);
    this.#expand(anchor.size, offset);
    const isAnchoredKey = scalar !== undefined && anchor.value === undefined;
    const value = isAnchoredKey ? this.#valueOf(scalar, contentOf(this.#text, scalar)) : anchor.value;
    this.#add(value, anchor.size, index);
  }

  #expand(size: number, offset: number): void {
    const { maxAliasCount } = this.context.limits;
    const wasWithin = this.#expanded <= maxAliasCount;
    this.#expanded += size;
    if (!wasWithin || this.#expanded <= maxAliasCount) return;
    this.#refuse(
      `aliases expand to more than ${maxAliasCount} nodes (limit maxAliasCount); use fewer, or raise the limit`,
      offset,
    );
  }

  #key(frame: Frame, event: ScalarEvent, content: string, index: number): void {
    frame.hasKey = true;
    frame.key = content;
    frame.isMerge = this.#isMergeKey(event, content);
    if (frame.isMerge) return;
    const problem = this.#keyProblem(event, content);
    if (problem !== undefined) this.#refuse(problem, this.#offsetOfKey(frame, index));
    if (!Object.hasOwn(frame.value, content) || frame.merged?.has(content)) return;
    const first = this.#syntaxTree.pairsOf(frame.index).own.get(content)?.key;
    const { line } = this.document.at(this.#syntaxTree.startOf(first) ?? 0);
    const position = this.document.at(this.#offsetOfKey(frame, index));
    this.problems.push(repeatedKey(content, line, position));
  }

  #isMergeKey(event: ScalarEvent, content: string): boolean {
    if (event.tagStart >= 0) return this.#tagOf(event) === MERGE_TAG;
    return content === '<<' && event.style === SCALAR_STYLE.PLAIN;
  }

  #keyProblem(event: ScalarEvent, content: string): string | undefined {
    if (event.tagStart < 0) return event.style === SCALAR_STYLE.PLAIN ? keyProblem(content) : undefined;
    if (this.#isTaggedString(event)) return undefined;
    const result = this.#resolveTag(event, content);
    if (result === undefined) return undefined;
    if ('problem' in result) return `the key ${result.problem}`;
    return result.value instanceof Uint8Array ? 'the tag does not fit a key; remove it' : keyProblem(content);
  }

  /** Adds a complete value to the list or mapping around it. */
  #add(value: unknown, size: number, index: number): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.value = value;
      return;
    }
    frame.size += size;
    this.#count(index);
    if (Array.isArray(frame.value)) {
      frame.value.push(value);
    } else if (!frame.hasKey) {
      const message =
        'a list or a mapping cannot be a key; put the key in quotes, or write it as a value with a key of its own';
      this.#refuse(message, this.#offsetOfKey(frame, index));
      frame.hasKey = true;
      frame.key = undefined;
      frame.isMerge = false;
    } else {
      frame.hasKey = false;
      if (frame.isMerge) return this.#merge(frame, frame.value, value, index);
      if (frame.key === undefined) return;
      frame.merged?.delete(frame.key);
      define(frame.value, frame.key, value);
    }
  }

  /** Counts a key or an element. */
  #count(index: number): void {
    const { maxKeys } = this.context.limits;
    this.#keys += 1;
    if (this.#keys === maxKeys + 1)
      this.#refuse(`the content ${tooManyKeys(maxKeys)}`, this.#offsetOfEvent(index));
  }

  /** Merges a mapping, or a list of mappings: own keys win, and then those of earlier mappings. */
  #merge(frame: Frame, target: Record<string, unknown>, value: unknown, index: number): void {
    const sources: unknown[] = Array.isArray(value) ? value : [value];
    if (!sources.every(isMapping)) {
      // An alias that was refused has no value.
      if (value === undefined || sources.includes(undefined)) return;
      const offset = this.#syntaxTree.startOf(index) ?? this.#offsetOfKey(frame, index - 1);
      this.#refuse('only a mapping, or a list of mappings, can be merged with <<', offset);
      return;
    }
    frame.merged ??= new Set();
    for (const source of sources) {
      for (const key of Object.keys(source)) {
        if (Object.hasOwn(target, key)) continue;
        frame.merged.add(key);
        this.#count(index);
        define(target, key, source[key]);
      }
    }
  }

  #valueOf(event: ScalarEvent, content: string): unknown {
    const value = event.tagStart < 0 ? undefined : this.#taggedValue(event, content);
    if (value !== undefined) return value;
    if (event.style !== SCALAR_STYLE.PLAIN) return content;
    const resolved = resolvePlain(content);
    this.#check(event, content, resolved);
    return resolved;
  }

  #taggedValue(event: ScalarEvent, content: string): unknown {
    if (this.#isTaggedString(event)) return content;
    const result = this.#resolveTag(event, content);
    if (result === undefined) return content;
    if ('problem' in result) {
      this.#refuseValue(result.problem, event);
      return content;
    }
    this.#check(event, content, result.value);
    return result.value;
  }

  #isTaggedString(event: ScalarEvent): boolean {
    const tag = this.#tagOf(event);
    return tag === '!' || tag === STRING_TAG;
  }

  /** Returns what the tag of a scalar makes of it; undefined, with an issue, if the tag is not known. */
  #resolveTag(event: ScalarEvent, content: string): ReturnType<typeof resolveTagged> {
    const tag = this.#tagOf(event);
    const result = resolveTagged(tag, content);
    if (result === undefined) this.#tagIssue(tagProblem(tag, 'scalar') ?? UNKNOWN_TAG, event.tagStart);
    return result;
  }

  /** Refuses a number that is not exact, and warns of a value that other programs read differently. */
  #check(event: ScalarEvent, content: string, value: unknown): void {
    if (typeof value === 'number' && !isExact(content, value)) {
      const position = this.#valuePosition(event);
      const inexact = { path: this.#path(), text: content, number: value, position };
      this.problems.push(inexactNumberProblem(inexact, this.context));
      return;
    }
    const trap = trapOf(content, value, this.context.hasSchema);
    if (trap === undefined) return;
    const path = this.#path();
    const message = this.context.isSecret(path) ? trap.withoutValue : trap.message;
    this.#warn({ message: `${nameOf(path)} ${message}`, position: this.#at(event.valueStart), path });
  }

  #refuseValue(message: string, event: ScalarEvent): void {
    const path = this.#path();
    this.problems.push({ message: `${nameOf(path)} ${message}`, position: this.#valuePosition(event), path });
  }

  #valuePosition({ valueStart, tagStart }: ScalarEvent): TextProblem['position'] {
    return this.#at(valueStart < 0 ? tagStart : valueStart);
  }

  #refuse(message: string, offset: number): void {
    this.problems.push({ message, position: this.#at(offset) });
  }

  #tagIssue(message: string, offset: number): void {
    if (message === UNKNOWN_TAG) this.#warn({ message, position: this.#at(offset) });
    else this.#refuse(message, offset);
  }

  #warn(problem: TextProblem): void {
    if (this.warnings.length < MAX_PROBLEMS) this.warnings.push(problem);
  }

  get #isExhausted(): boolean {
    const { maxAliasCount, maxKeys } = this.context.limits;
    return this.problems.length >= MAX_PROBLEMS || this.#expanded > maxAliasCount || this.#keys > maxKeys;
  }

  /** Path of the value that is composed. */
  #path(): string[] {
    return this.#frames.map(({ value, key }) => (Array.isArray(value) ? String(value.length) : (key ?? '')));
  }

  /** Offset of an event, or of the last one before it that has one. Needs no syntax tree, which takes memory. */
  #offsetOfEvent(index: number): number {
    for (let at = index; at > 0; at -= 1) {
      const event = this.#events[at];
      if (event?.type === EVENT_ID.SCALAR && event.valueStart >= 0) return event.valueStart;
      if (event?.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
      if (event?.type === EVENT_ID.SEQUENCE || event?.type === EVENT_ID.MAPPING) return event.start;
    }
    return 0;
  }

  /** Offset of a key. An empty one has none: then its value, or the mapping. */
  #offsetOfKey(frame: Frame, index: number): number {
    const tree = this.#syntaxTree;
    return tree.startOf(index) ?? tree.startOf(index + 1) ?? tree.startOf(frame.index) ?? 0;
  }

  #at(offset: number): TextProblem['position'] {
    return this.document.at(offset);
  }

  /** For positions of problems: most documents have none. */
  get #syntaxTree(): YamlSyntaxTree {
    return (this.#tree ??= new YamlSyntaxTree(this.document));
  }

  #anchorOf({ anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number }): string {
    return this.#text.slice(anchorStart, anchorEnd);
  }

  #tagOf({ tagStart, tagEnd }: { tagStart: number; tagEnd: number }): string {
    return fullTag(this.#text.slice(tagStart, tagEnd), this.document.tagPrefixes);
  }
}

/** Returns `true` if the next event within a mapping is a key. */
function expectsKey({ value, hasKey }: Frame): boolean {
  return !hasKey && !Array.isArray(value);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

/** Sets a key. `__proto__` must become a key of the value, so that it is refused later with its position. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}
