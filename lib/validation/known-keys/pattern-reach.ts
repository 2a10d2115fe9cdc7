import { formatPath } from '../../model/paths.js';
import { PathPattern } from '../../patterns/pattern.js';
import type { PatternSegment } from '../../patterns/pattern-segment.js';
import { closestName } from '../../util/did-you-mean.js';
import type { KnownKeys, ObjectKeys, RestKeys } from './known-keys.js';

/** The chance that a pattern selects something. */
export type Reach = 'possible' | 'unlikely' | 'impossible';

/**
 * Returns whether a pattern can select something among the known keys. It is unlikely if it would have to name a key of a
 * record that contains dots, or that no pattern with `**` is expected to name: there only a guess shows what is meant.
 */
export function reachOf(pattern: PathPattern, known: KnownKeys): Reach {
  const walk = new Walk(pattern, 'expected');
  if (walk.reaches(known, pattern.start())) return 'possible';
  if (!walk.isRestricted) return 'impossible'; // further walks would find the same, and each visits all keys
  if (reaches(pattern, known, 'with joins')) return 'possible';
  return reaches(pattern, known, 'any') ? 'unlikely' : 'impossible';
}

/** Maximum number of segments that a guess changes. */
const MAX_CORRECTIONS = 3;

/** Returns the pattern that was probably meant instead of one that selects nothing; undefined without a guess. */
export function guessPattern(pattern: PathPattern, known: KnownKeys): string | undefined {
  for (const keys of ['expected', 'with joins'] as const) {
    let guess: PathPattern | undefined = pattern;
    for (let corrections = 0; corrections < MAX_CORRECTIONS; corrections += 1) {
      guess = guess && corrected(guess, known, keys);
      if (guess !== undefined && reaches(guess, known, keys)) return guess.source;
    }
  }
  return undefined;
}

function reaches(pattern: PathPattern, known: KnownKeys, keys: RecordKeys): boolean {
  return new Walk(pattern, keys).reaches(known, pattern.start());
}

/** Shorter names have a neighbour too easily. */
const SHORTEST_GUESS = 3;

/** Replaces the segment at which the pattern leads nowhere by the nearest key, or adds `*` for the elements of a list. */
function corrected(pattern: PathPattern, known: KnownKeys, keys: RecordKeys): PathPattern | undefined {
  const walk = new Walk(pattern, keys);
  walk.explore(known);
  const { segments } = pattern;
  const at = walk.furthest;
  const wrong = segments[at];
  if (wrong?.kind !== 'literal') return undefined;
  const before = segments.slice(0, at);
  const nearest = wrong.key.length < SHORTEST_GUESS ? undefined : closestName(wrong.key, [...walk.offered]);
  if (nearest !== undefined)
    return patternOf([
      ...before,
      { kind: 'literal', key: nearest, isPlain: true },
      ...segments.slice(at + 1),
    ]);
  return walk.isAtList && before.at(-1)?.kind !== 'deep'
    ? patternOf([...before, ...new PathPattern('*').segments, ...segments.slice(at)])
    : undefined;
}

function patternOf(segments: readonly PatternSegment[]): PathPattern {
  let source = '';
  for (const segment of segments) {
    const text =
      segment.kind === 'deep' ? '**' : segment.kind === 'glob' ? segment.source : formatPath([segment.key]);
    source += source === '' || text.startsWith('[') ? text : `.${text}`;
  }
  return new PathPattern(source);
}

/**
 * The keys of a record that literal segments may name: one, but not after `**`; also several that are joined, if they are
 * not the last ones (`models.gpt-4.1.temperature`); or any.
 */
type RecordKeys = 'expected' | 'with joins' | 'any';

/** A schema that is nested deeper is not walked further. */
const MAX_DEPTH = 64;

/** Follows a pattern through known keys. */
class Walk {
  /** The position in the pattern that was reached, and the keys that are known there. */
  furthest = -1;
  readonly offered = new Set<string>();
  isAtList = false;
  /** `true` if a key of a record was not followed, because of `RecordKeys`. */
  isRestricted = false;
  #isExploring = false;
  readonly #seen = new Map<KnownKeys, Set<string>>();

  constructor(
    private readonly pattern: PathPattern,
    private readonly recordKeys: RecordKeys,
  ) {}

  /** Checks whether a value can be selected from here. */
  reaches(known: KnownKeys, states: ReadonlySet<number>, depth = 0): boolean {
    if (states.size === 0) return false;
    if (depth > MAX_DEPTH) return true;
    if (states.has(this.pattern.segments.length)) return true;
    if (known.kind === 'leaf') return false;
    if (known.kind === 'open') return true;
    if (known.kind === 'union') return known.of.some((keys) => this.reaches(keys(), states, depth + 1));
    if (this.#wasSeen(known, states)) return false;
    if (this.#isExploring) this.#note(known, states);
    const { member, rest } = known;
    for (const name of this.#namesFor(known, states)) {
      const keys = member(name);
      if (keys !== undefined && this.reaches(keys, this.pattern.step(states, name), depth + 1)) return true;
    }
    return rest !== undefined && this.reaches(rest.keys(), this.#stepAny(states, known, rest), depth + 1);
  }

  /** Walks everywhere that the pattern leads to, to know where it ends. */
  explore(known: KnownKeys): void {
    this.#isExploring = true;
    this.reaches(known, this.pattern.start());
  }

  /** Schemas may contain themselves. */
  #wasSeen(known: KnownKeys, states: ReadonlySet<number>): boolean {
    const id = [...states].join();
    const seen = this.#seen.get(known);
    if (seen?.has(id)) return true;
    if (seen === undefined) this.#seen.set(known, new Set([id]));
    else seen.add(id);
    return false;
  }

  #note({ names, rest }: ObjectKeys, states: ReadonlySet<number>): void {
    const position = Math.max(...states);
    if (position < this.furthest) return;
    if (position > this.furthest) {
      this.offered.clear();
      this.isAtList = false;
    }
    this.furthest = position;
    for (const name of names()) this.offered.add(name);
    this.isAtList ||= rest?.isList ?? false;
  }

  /** Returns the names that may match: of a large branch, only those that literal segments name. */
  #namesFor({ names, member }: ObjectKeys, states: ReadonlySet<number>): Iterable<string> {
    const candidates = new Set<string>();
    for (const state of states) {
      const segment = this.pattern.segments[state];
      if (segment?.kind !== 'literal') return names();
      for (const [, name] of this.#joinsAt(state)) if (member(name) !== undefined) candidates.add(name);
    }
    return candidates.size > 0 ? candidates : names();
  }

  /** Returns the positions after one key that has no known name. */
  #stepAny(states: ReadonlySet<number>, { member }: ObjectKeys, { isList }: RestKeys): Set<number> {
    const next = new Set<number>();
    for (const state of states) {
      const segment = this.pattern.segments[state];
      if (segment === undefined) continue;
      if (segment.kind === 'deep') for (const after of [state, state + 1]) next.add(after);
      else if (segment.kind === 'glob') next.add(state + 1);
      else if (isList) {
        if (/^\d+$/.test(segment.key)) next.add(state + 1);
      } else if (member(segment.key) === undefined)
        for (const [after] of this.#joinsAt(state)) {
          if (this.#allows(state, after)) next.add(after);
          else this.isRestricted = true;
        }
    }
    for (const state of next) if (this.pattern.segments[state]?.kind === 'deep') next.add(state + 1);
    return next;
  }

  #allows(state: number, after: number): boolean {
    if (this.recordKeys === 'any') return true;
    if (this.pattern.segments[state - 1]?.kind === 'deep') return false;
    return after === state + 1 || (this.recordKeys === 'with joins' && after < this.pattern.segments.length);
  }

  /** Returns the keys that the literal segments from here on can be: one, or several that are joined. */
  *#joinsAt(state: number): Iterable<readonly [after: number, name: string]> {
    let name = '';
    for (let at = state; ; at += 1) {
      const segment = this.pattern.segments[at];
      if (segment?.kind !== 'literal' || (at > state && !segment.isPlain)) return;
      name = at === state ? segment.key : `${name}.${segment.key}`;
      yield [at + 1, name];
      if (!segment.isPlain) return;
    }
  }
}
