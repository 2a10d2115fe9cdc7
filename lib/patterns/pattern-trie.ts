import type { GlobSegment, PatternSegment } from './pattern-segment.js';

/**
 * Patterns that begin alike share their beginning, so that finding those that match a path walks down its keys
 * instead of asking each pattern. Its cost follows the depth of the path and the wildcards that apply on the way.
 */
export class PatternTrie<Entry> {
  private readonly root = new TrieNode<Entry>();
  /** Taken so far: each has a number of its own. */
  private steps = 0;

  add(segments: readonly PatternSegment[], entry: Entry): void {
    let node = this.root;
    for (const segment of segments) node = node.childFor(segment);
    node.entries ??= new Set();
    node.entries.add(entry);
  }

  /** Leaves no empty node behind: what comes and goes for ever takes no memory. */
  remove(segments: readonly PatternSegment[], entry: Entry): void {
    const way: TrieNode<Entry>[] = [];
    let node: TrieNode<Entry> | undefined = this.root;
    for (const segment of segments) {
      way.push(node);
      node = node.child(segment);
      if (node === undefined) return;
    }
    node.forget(entry);
    for (let depth = segments.length - 1; depth >= 0 && node.isEmpty; depth -= 1) {
      node = way[depth]!; // one node a segment was pushed above
      node.dropChild(segments[depth]!);
    }
  }

  /** Calls `visit` with each entry whose pattern selects `path` or a part of its beginning, some more than once. */
  visit(path: readonly string[], visit: (entry: Entry) => void): void {
    let node = this.root;
    let depth = 0;
    // As long as there is but one way to go, no list of places is needed.
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
    tell(nodes, visit);
    for (const key of path) {
      const next: TrieNode<Entry>[] = [];
      this.steps += 1;
      for (const node of nodes) node.step(key, next, this.steps);
      if (next.length === 0) return;
      tell(next, visit);
      nodes = next;
    }
  }

  get isEmpty(): boolean {
    return this.root.isEmpty;
  }
}

function tell<Entry>(nodes: readonly TrieNode<Entry>[], visit: (entry: Entry) => void): void {
  for (const node of nodes) node.entries?.forEach(visit);
}

/** The maps are made when needed: most nodes of 10^5 literal patterns are leaves. */
class TrieNode<Entry> {
  entries: Set<Entry> | undefined;
  /** The step that led here last. */
  private entered = 0;
  private literals: Map<string, TrieNode<Entry>> | undefined;
  private any: TrieNode<Entry> | undefined;
  private globs: Map<string, { segment: GlobSegment; node: TrieNode<Entry> }> | undefined;
  private deep: TrieNode<Entry> | undefined;

  constructor(private readonly repeats = false) {}

  get isEmpty(): boolean {
    return (this.entries ?? this.literals ?? this.any ?? this.globs ?? this.deep) === undefined;
  }

  /** Whether a key may lead to more than one node, or to one from which there is more than one way. */
  get forks(): boolean {
    if (this.repeats || this.deep !== undefined || this.globs !== undefined) return true;
    return this.any !== undefined && this.literals !== undefined;
  }

  /** The node that `key` leads to, where this one does not fork. */
  only(key: string): TrieNode<Entry> | undefined {
    return this.any ?? this.literals?.get(key);
  }

  /** Being here is being in `**` below as well, which may stand for no key. */
  reach(nodes: TrieNode<Entry>[], step: number): void {
    this.enter(nodes, step);
    this.deep?.enter(nodes, step);
  }

  /** Adds the nodes that `key` leads to. */
  step(key: string, next: TrieNode<Entry>[], step: number): void {
    if (this.repeats) this.enter(next, step);
    this.literals?.get(key)?.reach(next, step);
    this.any?.reach(next, step);
    if (this.globs === undefined) return;
    for (const { segment, node } of this.globs.values()) if (segment.accepts(key)) node.reach(next, step);
  }

  /** Once in a step, though several ways may lead here. A number is faster to compare than a set is to fill. */
  private enter(nodes: TrieNode<Entry>[], step: number): void {
    if (this.entered === step) return;
    this.entered = step;
    nodes.push(this);
  }

  child(segment: PatternSegment): TrieNode<Entry> | undefined {
    if (segment.kind === 'deep') return this.deep;
    if (isAny(segment)) return this.any;
    if (segment.kind === 'glob') return this.globs?.get(segment.text)?.node;
    return this.literals?.get(segment.key);
  }

  childFor(segment: PatternSegment): TrieNode<Entry> {
    const existing = this.child(segment);
    if (existing !== undefined) return existing;
    const node = new TrieNode<Entry>(segment.kind === 'deep');
    if (segment.kind === 'deep') this.deep = node;
    else if (isAny(segment)) this.any = node;
    else if (segment.kind === 'glob') {
      this.globs ??= new Map();
      this.globs.set(segment.text, { segment, node });
    } else {
      this.literals ??= new Map();
      this.literals.set(segment.key, node);
    }
    return node;
  }

  dropChild(segment: PatternSegment): void {
    if (segment.kind === 'deep') this.deep = undefined;
    else if (isAny(segment)) this.any = undefined;
    else if (segment.kind === 'glob') this.globs = without(this.globs, segment.text);
    else this.literals = without(this.literals, segment.key);
  }

  forget(entry: Entry): void {
    this.entries?.delete(entry);
    if (this.entries?.size === 0) this.entries = undefined;
  }
}

/** A glob that takes every key need not be asked. */
function isAny(segment: PatternSegment): boolean {
  return segment.kind === 'glob' && segment.text === '*';
}

function without<Value>(map: Map<string, Value> | undefined, key: string): Map<string, Value> | undefined {
  map?.delete(key);
  return map?.size === 0 ? undefined : map;
}
