import { joinPath } from '../model/paths.js';
import type { SecretRule } from '../secrets/secret-precedence.js';
import {
  compilePattern,
  PathPattern,
  type Pattern,
  type PatternInput,
  type RegExpPattern,
} from './pattern.js';

/** The option `secrets`: the patterns that select secrets, and the exceptions (`!pattern`). */
export interface SecretPatterns {
  readonly patterns: readonly SecretRule[];
  readonly exceptions: readonly SecretRule[];
}

/**
 * Compiles the option `secrets`.
 *
 * @throws ConfigPatternError if a pattern is invalid
 */
export function secretPatterns(secrets: readonly PatternInput[] = []): SecretPatterns {
  const isException = (pattern: PatternInput) => typeof pattern === 'string' && pattern.startsWith('!');
  return {
    patterns: secrets
      .filter((pattern) => !isException(pattern))
      .map((pattern) => ruleOf(compilePattern(pattern))),
    exceptions: secrets
      .filter(isException)
      // Exact: an exception must free nothing that it does not name.
      .map((pattern) => ruleOf(new PathPattern((pattern as string).slice(1), true))),
  };
}

/** Returns a rule that follows a path key by key. */
function ruleOf(pattern: Pattern): SecretRule {
  return 'segments' in pattern ? new PathRule(pattern, pattern.start()) : new RegExpRule(pattern, '');
}

class PathRule implements SecretRule {
  constructor(
    private readonly pattern: PathPattern,
    private readonly states: ReadonlySet<number>,
  ) {}

  get id(): string {
    return `${this.pattern.source}@${[...this.states].join('+')}`;
  }

  get selects(): boolean {
    return this.states.has(this.pattern.segments.length);
  }

  below(key: string): SecretRule | undefined {
    const states = this.pattern.step(this.states, key);
    return states.size === 0 ? undefined : new PathRule(this.pattern, states);
  }
}

class RegExpRule implements SecretRule {
  readonly selects: boolean;

  constructor(
    private readonly pattern: RegExpPattern,
    private readonly path: string,
  ) {
    this.selects = path !== '' && pattern.matchesAny([path]);
  }

  /** No id: an expression may match anywhere below, depending on the whole path. */
  readonly id = undefined;

  below(key: string): SecretRule {
    return new RegExpRule(this.pattern, joinPath(this.path, key));
  }
}
