import { types } from 'node:util';
import { ConfigPatternError } from '../errors/config.errors.js';
import { formatPath } from '../model/paths.js';
import type { Change } from '../model/change.interface.js';
import { parsePattern } from './pattern-parser.js';
import type { PatternSegment } from './pattern-segment.js';

/**
 * A pattern as people give it: a path with wildcards, or a RegExp on paths.
 *
 * | pattern | selects |
 * | --- | --- |
 * | `llm` | `llm`, and with it everything below |
 * | `llm.model` | this value |
 * | `llm.*`, `llm.max_*` | each key of `llm`; each that begins with `max_` |
 * | `**.timeout` | every `timeout`, at any depth |
 * | `servers[0].port`, `servers.*.port` | of one element; of each |
 * | `modules['npc.dialogue']` | a key that holds dots |
 * | `**` | everything |
 * | `/_url$/` | every path that the expression finds |
 *
 * @publicApi
 */
export type PatternInput = string | RegExp;

/** A pattern that was understood. */
export type Pattern = PathPattern | RegExpPattern;

/**
 * Understands a pattern.
 *
 * @throws ConfigPatternError saying what is wrong, and at which character
 */
export function compilePattern(pattern: PatternInput): Pattern {
  if (typeof pattern === 'string') return new PathPattern(pattern);
  // Not instanceof: a RegExp may come from another realm, as in tests that run in a vm context.
  if (types.isRegExp(pattern)) return new RegExpPattern(pattern);
  throw new ConfigPatternError(`A pattern must be a string or a RegExp, not ${describe(pattern)}`);
}

/**
 * Understands one pattern or several.
 *
 * @throws ConfigPatternError where one is wrong, or where there is none
 */
export function compilePatterns(patterns: PatternInput | readonly PatternInput[]): Pattern[] {
  const list = Array.isArray(patterns) ? (patterns as readonly PatternInput[]) : [patterns as PatternInput];
  if (list.length === 0)
    throw new ConfigPatternError('At least one pattern is needed; "**" selects everything');
  return list.map(compilePattern);
}

/** The changes that at least one of `patterns` matches, in their order. */
export function selectChanges(patterns: readonly Pattern[], changes: readonly Change[]): Change[] {
  return changes.filter((change) => patterns.some((pattern) => pattern.matches(change.segments)));
}

/** A pattern of keys and wildcards. */
export class PathPattern {
  readonly segments: readonly PatternSegment[];

  constructor(/** The pattern as it was written. */ readonly source: string) {
    this.segments = parsePattern(source);
  }

  /** Whether it selects the value at `path` itself. */
  selects(path: readonly string[]): boolean {
    let states = this.start();
    for (const key of path) states = this.step(states, key);
    return states.has(this.segments.length);
  }

  /** Whether it selects the value at `path`, or a value that holds it. */
  matches(path: readonly string[]): boolean {
    let states = this.start();
    for (const key of path) {
      if (states.has(this.segments.length)) return true;
      states = this.step(states, key);
    }
    return states.has(this.segments.length);
  }

  /** The places in the pattern before the first key. One past its last segment is where it has selected. */
  start(): Set<number> {
    return this.reachableFrom(new Set([0]));
  }

  /**
   * The places after one more key: none where it can select nothing any more. All at once, not one try after another:
   * several `**` stay linear.
   */
  step(states: ReadonlySet<number>, key: string): Set<number> {
    const next = new Set<number>();
    for (const state of states) {
      const segment = this.segments[state];
      if (segment === undefined) continue;
      if (segment.kind === 'deep') next.add(state);
      else if (segment.kind === 'literal' ? segment.key === key : segment.accepts(key)) next.add(state + 1);
    }
    return this.reachableFrom(next);
  }

  /** `**` may stand for no key at all. */
  private reachableFrom(states: Set<number>): Set<number> {
    for (const state of states) if (this.segments[state]?.kind === 'deep') states.add(state + 1);
    return states;
  }
}

/** A RegExp that is asked about a path as people write it, and about the paths of all that holds it. */
export class RegExpPattern {
  /** The expression as it was written. */
  readonly source: string;
  private readonly expression: RegExp;

  constructor(expression: RegExp) {
    this.source = String(expression);
    // A copy: the flags g and y keep state in lastIndex, and the app may use its own object meanwhile.
    this.expression = new RegExp(expression.source, expression.flags);
  }

  /** Whether it finds something in `path`. */
  selects(path: readonly string[]): boolean {
    return this.finds(formatPath(path));
  }

  /** Whether it finds something in `path`, or in the path of a value that holds it. */
  matches(path: readonly string[]): boolean {
    return this.findsAny(selfAndAncestors(path));
  }

  /** As `matches`, for those who know the paths already. */
  findsAny(paths: readonly string[]): boolean {
    return paths.some((path) => this.finds(path));
  }

  private finds(path: string): boolean {
    this.expression.lastIndex = 0;
    return this.expression.test(path);
  }
}

/** The path and those of all that holds it, as text; not that of the root, which holds everything. */
export function selfAndAncestors(path: readonly string[]): string[] {
  if (path.length === 0) return [''];
  return path.map((_key, index) => formatPath(path.slice(0, index + 1)));
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}
