import { normalForm } from '../util/unicode-form.js';
import { type GlobSegment, type PatternSegment, piecesOf } from './pattern-segment.js';

/**
 * Patterns with the same beginning share its nodes. Finding the patterns that match a path walks down its keys, instead of
 * testing each pattern: the cost depends on the depth of the path and on the wildcards that apply on the way.
 */
export class PatternTrie<Entry> {
  private readonly root = new TrieNode<Entry>();
  /** Number of steps taken so far; each step has its own number. */
  private steps = 0;

  add(segments: readonly PatternSegment[], entry: Entry): void {
    let node = this.root;
    for (const segment of segments) node = node.childFor(segment);
    node.entries ??= new Set();
    node.entries.add(entry);
  }

  /** Leaves no empty node behind: patterns that are added and removed forever need no memory. */
  remove(segments: readonly PatternSegment[], entry: Entry): void {
    const ancestors: TrieNode<Entry>[] = [];
    let node: TrieNode<Entry> | undefined = this.root;
    for (const segment of segments) {
      ancestors.push(node);
      node = node.child(segment);
      if (node === undefined) return;
    }
    node.removeEntry(entry);
    for (let depth = segments.length - 1; depth >= 0 && node.isEmpty; depth -= 1) {
      node = ancestors[depth]!; // the loop above pushed one node for each segment
      node.dropChild(segments[depth]!);
    }
  }

  /** Calls `visit` with each entry whose pattern selects `path` or an ancestor of it; with some more than once. */
  visit(path: readonly string[], visit: (entry: Entry) => void): void {
    let node = this.root;
    let depth = 0;
    // As long as only one node can follow, no list of nodes is needed.
    while (!node.forks) {
      node.entries?.forEach(visit);
      const next = depth < path.length ? node.only(path[depth]!) : undefined;
      if (next === undefined) return;
      node = next;
      depth += 1;
    }
    this.visitForks(node, path.slice(depth), visit);
  }

  private visitForks(from: TrieNode<Entry>, path: readonly string[], visit: (entry: Entry) => void): void {
    let nodes: TrieNode<Entry>[] = [];
    from.reach(nodes, (this.steps += 1));
    visitEntries(nodes, visit);
    for (const key of path) {
      const next: TrieNode<Entry>[] = [];
      this.steps += 1;
      for (const node of nodes) node.step(key, next, this.steps);
      if (next.length === 0) return;
      visitEntries(next, visit);
      nodes = next;
    }
  }

  get isEmpty(): boolean {
    return this.root.isEmpty;
  }
}

function visitEntries<Entry>(nodes: readonly TrieNode<Entry>[], visit: (entry: Entry) => void): void {
  for (const node of nodes) node.entries?.forEach(visit);
}

/** The maps are created when needed: most nodes of 10^5 literal patterns are leaves. */
class TrieNode<Entry> {
  entries: Set<Entry> | undefined;
  /** The number of the last step that led here. */
  private lastStep = 0;
  /** The keys that are written without brackets. None of them contains a dot. */
  private plain: Map<string, TrieNode<Entry>> | undefined;
  /** The keys that are written in brackets. */
  private quoted: Map<string, TrieNode<Entry>> | undefined;
  private any: TrieNode<Entry> | undefined;
  private globs: Map<string, { segment: GlobSegment; node: TrieNode<Entry> }> | undefined;
  private deep: TrieNode<Entry> | undefined;

  /** @param repeats `true` for `**`, which stays at its node for any number of keys */
  constructor(private readonly repeats = false) {}

  get isEmpty(): boolean {
    return (this.entries ?? this.plain ?? this.quoted ?? this.any ?? this.globs ?? this.deep) === undefined;
  }

  /** `true` if a key may lead to more than one node, or to one that matches any number of keys. */
  get forks(): boolean {
    if (this.repeats || this.deep !== undefined || this.globs !== undefined) return true;
    if (this.quoted !== undefined) return this.any !== undefined || this.plain !== undefined;
    return this.any !== undefined && this.plain !== undefined;
  }

  /** Returns the node that `key` leads to, if this one does not fork. */
  only(key: string): TrieNode<Entry> | undefined {
    return this.any ?? (this.quoted === undefined ? this.plainNode(key) : this.quotedNode(key));
  }

  /** Adds this node, and that of a `**` below it, which matches zero keys too. */
  reach(nodes: TrieNode<Entry>[], step: number): void {
    this.enter(nodes, step);
    this.deep?.enter(nodes, step);
  }

  /** Adds the nodes that `key` leads to. */
  step(key: string, next: TrieNode<Entry>[], step: number): void {
    if (this.repeats) this.enter(next, step);
    if (this.plain !== undefined) this.plainNode(key)?.reach(next, step);
    if (this.quoted !== undefined) this.quotedNode(key)?.reach(next, step);
    this.any?.reach(next, step);
    if (this.globs === undefined) return;
    for (const { segment, node } of this.globs.values()) if (segment.accepts(key)) node.reach(next, step);
  }

  /** Adds the node once in a step, even if several ways lead here. Comparing a number is faster than filling a set. */
  private enter(nodes: TrieNode<Entry>[], step: number): void {
    if (this.lastStep === step) return;
    this.lastStep = step;
    nodes.push(this);
  }

  /** A key that contains dots is matched by plain segments piece by piece. Only a key without a match is looked at closely. */
  private plainNode(key: string): TrieNode<Entry> | undefined {
    if (this.plain === undefined) return undefined;
    const node = this.plain.get(key);
    if (node !== undefined) return node;
    const name = normalForm(key);
    const pieces = piecesOf(name);
    if (pieces === undefined) return name === key ? undefined : this.plain.get(name);
    return pieces.reduce<TrieNode<Entry> | undefined>((above, piece) => above?.plain?.get(piece), this);
  }

  private quotedNode(key: string): TrieNode<Entry> | undefined {
    return this.quoted?.get(key) ?? this.quoted?.get(normalForm(key));
  }

  child(segment: PatternSegment): TrieNode<Entry> | undefined {
    if (segment.kind === 'deep') return this.deep;
    if (isAny(segment)) return this.any;
    if (segment.kind === 'glob') return this.globs?.get(segment.source)?.node;
    return (segment.isPlain ? this.plain : this.quoted)?.get(segment.key);
  }

  childFor(segment: PatternSegment): TrieNode<Entry> {
    const existing = this.child(segment);
    if (existing !== undefined) return existing;
    const node = new TrieNode<Entry>(segment.kind === 'deep');
    if (segment.kind === 'deep') this.deep = node;
    else if (isAny(segment)) this.any = node;
    else if (segment.kind === 'glob') {
      this.globs ??= new Map();
      this.globs.set(segment.source, { segment, node });
    } else if (segment.isPlain) (this.plain ??= new Map()).set(segment.key, node);
    else (this.quoted ??= new Map()).set(segment.key, node);
    return node;
  }

  dropChild(segment: PatternSegment): void {
    if (segment.kind === 'deep') this.deep = undefined;
    else if (isAny(segment)) this.any = undefined;
    else if (segment.kind === 'glob') this.globs = without(this.globs, segment.source);
    else if (segment.isPlain) this.plain = without(this.plain, segment.key);
    else this.quoted = without(this.quoted, segment.key);
  }

  removeEntry(entry: Entry): void {
    this.entries?.delete(entry);
    if (this.entries?.size === 0) this.entries = undefined;
  }
}

/** A glob that accepts every key does not need to be tested. */
function isAny(segment: PatternSegment): boolean {
  return segment.kind === 'glob' && segment.source === '*';
}

function without<Value>(map: Map<string, Value> | undefined, key: string): Map<string, Value> | undefined {
  map?.delete(key);
  return map?.size === 0 ? undefined : map;
}
