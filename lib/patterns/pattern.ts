import { types } from 'node:util';
import { ConfigPatternError } from '../errors/config.errors.js';
import { formatPath } from '../model/paths.js';
import type { Change } from '../model/change.interface.js';
import { parsePattern } from './pattern-parser.js';
import { normalForm } from '../util/unicode-form.js';
import { literal, type PatternSegment, piecesOf } from './pattern-segment.js';

/**
 * Selects paths: a path with wildcards, or a RegExp that is tested against paths.
 *
 * | pattern | selects |
 * | --- | --- |
 * | `llm` | `llm`, and everything below it |
 * | `llm.model` | this value |
 * | `llm.*`, `llm.max_*` | every key of `llm`; every one that starts with `max_` |
 * | `**.timeout` | every `timeout`, at any depth |
 * | `servers[0].port`, `servers.*.port` | the port of one server; of every server |
 * | `modules['npc.dialogue']` | a key that contains dots |
 * | `modules.npc.dialogue` | this path, and the same key: without quotes, both are meant |
 * | `**` | everything |
 * | `/_url$/` | every path that the expression matches |
 *
 * @publicApi
 */
export type PatternInput = string | RegExp;

/** A compiled pattern. */
export type Pattern = PathPattern | RegExpPattern;

/**
 * Compiles one pattern; one that is compiled stays as it is.
 *
 * @throws ConfigPatternError with the problem and the position of the character
 */
export function compilePattern(pattern: PatternInput | Pattern): Pattern {
  if (pattern instanceof PathPattern || pattern instanceof RegExpPattern) return pattern;
  if (typeof pattern === 'string') return new PathPattern(pattern);
  // Not `instanceof`: a RegExp may come from another realm, for example from a test that runs in a vm context.
  if (types.isRegExp(pattern)) return new RegExpPattern(pattern);
  throw new ConfigPatternError(`A pattern must be a string or a RegExp, not ${typeName(pattern)}`);
}

/**
 * Compiles one pattern or several.
 *
 * @throws ConfigPatternError if one is invalid, or if the list is empty
 */
export function compilePatterns(patterns: PatternInput | readonly (PatternInput | Pattern)[]): Pattern[] {
  const list = Array.isArray(patterns)
    ? (patterns as readonly (PatternInput | Pattern)[])
    : [patterns as PatternInput];
  if (list.length === 0)
    throw new ConfigPatternError('At least one pattern is required; "**" selects everything');
  return list.map(compilePattern);
}

/** Returns the changes that at least one of `patterns` matches, in their order. */
export function selectChanges(patterns: readonly Pattern[], changes: readonly Change[]): Change[] {
  return changes.filter((change) => patterns.some((pattern) => pattern.matches(change.segments)));
}

/** A path with wildcards. */
export class PathPattern {
  readonly segments: readonly PatternSegment[];

  /** @param isExact plain segments do not match keys that contain dots */
  constructor(
    /** The string from which it was parsed. */ readonly source: string,
    isExact = false,
  ) {
    const segments = parsePattern(source);
    this.segments = isExact ? segments.map(withoutJoining) : segments;
  }

  /** Returns whether it selects the value at `path` itself. */
  selects(path: readonly string[]): boolean {
    let states = this.start();
    for (const key of path) states = this.step(states, key);
    return states.has(this.segments.length);
  }

  /** Returns whether it selects the value at `path`, or one that contains it. */
  matches(path: readonly string[]): boolean {
    let states = this.start();
    for (const key of path) {
      if (states.has(this.segments.length)) return true;
      states = this.step(states, key);
    }
    return states.has(this.segments.length);
  }

  /** Returns the positions in the pattern before the first key. The position after its last segment is a match. */
  start(): Set<number> {
    return this.reachableFrom(new Set([0]));
  }

  /**
   * Returns the positions after one more key; an empty set if nothing below can match. All positions advance together,
   * without backtracking, so that several `**` stay linear.
   */
  step(states: ReadonlySet<number>, key: string): Set<number> {
    const next = new Set<number>();
    const name = normalForm(key);
    for (const state of states) {
      const segment = this.segments[state];
      if (segment === undefined) continue;
      if (segment.kind === 'deep') next.add(state);
      else if (segment.kind === 'glob' ? segment.accepts(name) : segment.key === name) next.add(state + 1);
      else if (segment.kind === 'literal' && segment.isPlain) this.#addJoined(next, state, name);
    }
    return this.reachableFrom(next);
  }

  /** Adds the position after the plain segments that together are `name`. */
  #addJoined(next: Set<number>, state: number, name: string): void {
    const pieces = piecesOf(name);
    const isJoined = pieces?.every((piece, index) => {
      const segment = this.segments[state + index];
      return segment?.kind === 'literal' && segment.isPlain && segment.key === piece;
    });
    if (isJoined) next.add(state + pieces!.length);
  }

  /** Adds the positions after a `**`, which matches zero keys too. */
  private reachableFrom(states: Set<number>): Set<number> {
    for (const state of states) if (this.segments[state]?.kind === 'deep') states.add(state + 1);
    return states;
  }
}

function withoutJoining(segment: PatternSegment): PatternSegment {
  return segment.kind === 'literal' ? literal(segment.key) : segment;
}

/** A RegExp that is tested against a formatted path, and against the paths of the values that contain it. */
export class RegExpPattern {
  readonly source: string;
  private readonly expression: RegExp;

  constructor(expression: RegExp) {
    this.source = String(expression);
    // A copy: the flags g and y keep state in lastIndex, and the app may use its own object meanwhile.
    this.expression = new RegExp(expression.source, expression.flags);
  }

  /** Returns whether the expression matches `path`. */
  selects(path: readonly string[]): boolean {
    return this.test(formatPath(path));
  }

  /** Returns whether the expression matches `path`, or the path of a value that contains it. */
  matches(path: readonly string[]): boolean {
    return this.matchesAny(selfAndAncestors(path));
  }

  /** Returns whether the expression matches one of the formatted `paths`. */
  matchesAny(paths: readonly string[]): boolean {
    return paths.some((path) => this.test(path));
  }

  private test(path: string): boolean {
    this.expression.lastIndex = 0;
    return this.expression.test(path);
  }
}

/** Returns `path` and the paths of the values that contain it, formatted; without the root, which contains everything. */
export function selfAndAncestors(path: readonly string[]): string[] {
  if (path.length === 0) return [''];
  return path.map((_key, index) => formatPath(path.slice(0, index + 1)));
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value;
}
