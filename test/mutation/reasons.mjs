/**
 * Reasons why a mutant that survives needs no test. A place is a file of lib, a part of one of its lines, and the
 * replacements; without replacements, it is each mutant of the line.
 */
export const REASONS = [
  {
    reason: 'Costs time or memory only: it skips work that would find nothing, or forgets what is not needed',
    places: [
      ['snapshot/diff.ts', 'if (given === undefined && Object.is(previous, current)) return;', 'false'],
      ['snapshot/diff.ts', 'if (givenBelow === undefined && Object.is(previous, current)) return;', 'false'],
      ['snapshot/freeze.ts', 'const isData = '],
      ['snapshot/freeze.ts', 'const hasOnlyKeys = ', 'false'],
      ['snapshot/freeze.ts', 'if (Array.isArray(branch)) guardList(branch);', 'true'],
      ['snapshot/freeze.ts', 'if (!isGuardedList(branch)) this.#frozen.add(branch);', 'true'],
      ['snapshot/freeze.ts', "if (typeof member !== 'object' || member === null) continue;"],
      ['snapshot/freeze.ts', 'this.#remember(target);'],
      ['snapshot/freeze.ts', 'let hasBytes = false;'],
      ['snapshot/freeze.ts', 'if (!isBytes(key)) this.freeze(key);', 'true'],
      ['snapshot/freeze.ts', 'if (kept.every((member, index) => member === members[index])'],
      ['snapshot/freeze.ts', 'if (kept.some(isBytes)) shadowReaders(set);', 'true'],
      ['snapshot/share-unchanged.ts', 'if (Object.is(previous, next)) return next;', 'false'],
      ['snapshot/share-unchanged.ts', 'if (Object.is(was, value)) continue;', 'false'],
      ['snapshot/content-hash.ts', 'if (!isText || !this.secrets!.containsSecret(written)) return false;'],
      ['snapshot/canonical-string.ts', 'if (cache?.member === undefined) return canonicalString'],
      ['pinning/leases.ts', 'const lease = this.#recent.version === pin.version ?', 'false'],
      ['pinning/leases.ts', 'if (this.#pins.length >= this.#limit) this.#removeEnded();'],
      [
        'pinning/leases.ts',
        'if (count === 0 && version !== this.#recent.version) this.#byVersion.delete(version);',
      ],
      ['pinning/leases.ts', 'this.prune(); // once for each version'],
      ['pinning/leases.ts', 'this.#limit = Math.max(SMALLEST_LIST, 2 * this.#pins.length);'],
      ['pinning/outcome-counters.ts', 'if (others.length > 0) this.#counters.set(version, others);'],
      ['pinning/outcome-counters.ts', 'else this.#counters.delete(version);'],
    ],
  },
  {
    reason: 'Has the same result: no value that reaches it makes a difference',
    places: [
      ['snapshot/diff.ts', 'if (branch === undefined) return -1;'],
      ['snapshot/freeze.ts', 'if (field === undefined ||', 'false'],
      [
        'snapshot/freeze.ts',
        'return Object.defineProperty(target, key, { ...holds, configurable: true });',
        'false',
      ],
      ['snapshot/locate.ts', 'path.slice(1).some(', 'path'],
      [
        'snapshot/share-unchanged.ts',
        'for (let index = 0; index < keys.length; index += 1) {',
        'index <= keys.length',
      ],
      [
        'snapshot/share-unchanged.ts',
        'for (let index = 0; index < keys.length; index += 1) if (keys[index] !== others[index]) return false;',
        'index <= keys.length',
      ],
      ['snapshot/share-unchanged.ts', 'if (keys.length !== others.length) return false;', 'false'],
      ['snapshot/share-unchanged.ts', 'if (member !== undefined) count += 1;', 'count -= 1'],
      ['snapshot/share-unchanged.ts', 'if (Object.getOwnPropertyDescriptor(target, key)?.writable)'],
      ['snapshot/canonical-string.ts', "return Object.is(value, -0) ? '-0' : String(value);", '+0'],
      ['snapshot/canonical-string.ts', 'if (Object.is(a, b)) return true;'],
      ['snapshot/canonical-string.ts', 'if (value instanceof Date) return String(value.getTime());', 'false'],
      ['snapshot/content-hash.ts', '#places: Place[] = [];'],
      ['snapshot/content-hash.ts', '#hasOwnSecret: (text: string) => boolean = () => false;'],
      ['pinning/leases.ts', '#recent: Lease = { version: 0, count: 0 };'],
      ['pinning/leases.ts', '#pins: Pin[] = [];'],
    ],
  },
  {
    reason: 'Moves a limit by one that nobody relies on',
    places: [
      ['snapshot/canonical-string.ts', 'if (depth > MAX_DEPTH)'],
      ['snapshot/content-hash.ts', 'if (text.length <= INLINE_LIMIT) return text;'],
      [
        'pinning/outcome-counters.ts',
        'if (since - this.#start >= this.window)',
        'since - this.#start > this.window',
      ],
      [
        'pinning/outcome-counters.ts',
        'now - this.#start < 2 * this.window',
        'now - this.#start <= 2 * this.window',
      ],
    ],
  },
];
