import type { Change } from '../model/change.interface.js';
import { selfAndAncestors, type Pattern, type RegExpPattern } from './pattern.js';
import { PatternTrie } from './pattern-trie.js';

/**
 * Entries by the patterns they are registered for. The cost of a lookup depends on the number of matches, not on the
 * number of entries; only a RegExp has to be tested each time.
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

  /** Undoes `add` with the same arguments. Does nothing if they were not added. */
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

  /** Returns each matching entry with its changes, in their order, each once. */
  match(changes: readonly Change[]): Map<Entry, Change[]> {
    const matched = new Map<Entry, Change[]>();
    for (const change of changes) {
      const addMatch = (entry: Entry): void => {
        const known = matched.get(entry);
        if (known === undefined) matched.set(entry, [change]);
        // Two patterns of one entry may match the same change: it counts once.
        else if (known.at(-1) !== change) known.push(change);
      };
      this.paths.visit(change.segments, addMatch);
      this.visitExpressions(change, addMatch);
    }
    return matched;
  }

  /** `true` if nothing is registered and nothing is held in memory. */
  get isEmpty(): boolean {
    return this.paths.isEmpty && this.expressions.size === 0;
  }

  private visitExpressions(change: Change, visit: (entry: Entry) => void): void {
    if (this.expressions.size === 0) return;
    const paths = selfAndAncestors(change.segments);
    for (const [pattern, entries] of this.expressions) if (pattern.matchesAny(paths)) entries.forEach(visit);
  }
}
