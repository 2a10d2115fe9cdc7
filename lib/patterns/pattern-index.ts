import type { Change } from '../model/change.interface.js';
import { selfAndAncestors, type Pattern, type RegExpPattern } from './pattern.js';
import { PatternTrie } from './pattern-trie.js';

/**
 * Who is interested in which paths. Finding those that a change concerns costs what matches, not what is registered;
 * only a RegExp has to be asked each time.
 */
export class PatternIndex<Entry> {
  private readonly paths = new PatternTrie<Entry>();
  private readonly expressions = new Map<RegExpPattern, Set<Entry>>();

  add(patterns: readonly Pattern[], entry: Entry): void {
    for (const pattern of patterns) {
      if ('segments' in pattern) this.paths.add(pattern.segments, entry);
      else this.expressions.set(pattern, (this.expressions.get(pattern) ?? new Set<Entry>()).add(entry));
    }
  }

  /** Undoes `add` with the same arguments; what was not added is left alone. */
  remove(patterns: readonly Pattern[], entry: Entry): void {
    for (const pattern of patterns) {
      if ('segments' in pattern) {
        this.paths.remove(pattern.segments, entry);
        continue;
      }
      const entries = this.expressions.get(pattern);
      entries?.delete(entry);
      if (entries?.size === 0) this.expressions.delete(pattern);
    }
  }

  /** Each entry that is concerned, with the changes that concern it, in their order, each once. */
  match(changes: readonly Change[]): Map<Entry, Change[]> {
    const matched = new Map<Entry, Change[]>();
    for (const change of changes) {
      const note = (entry: Entry): void => {
        const noted = matched.get(entry);
        if (noted === undefined) matched.set(entry, [change]);
        // Two patterns of one entry may match one change: it is one change nevertheless.
        else if (noted.at(-1) !== change) noted.push(change);
      };
      this.paths.visit(change.segments, note);
      this.visitExpressions(change, note);
    }
    return matched;
  }

  /** Whether nothing is registered, and nothing kept. */
  get isEmpty(): boolean {
    return this.paths.isEmpty && this.expressions.size === 0;
  }

  private visitExpressions(change: Change, visit: (entry: Entry) => void): void {
    if (this.expressions.size === 0) return;
    const paths = selfAndAncestors(change.segments);
    for (const [pattern, entries] of this.expressions) if (pattern.findsAny(paths)) entries.forEach(visit);
  }
}
