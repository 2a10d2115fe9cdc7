import { joinPath } from '../model/paths.js';
import type { SecretRule } from '../secrets/secret-scope.js';
import {
  compilePattern,
  type PathPattern,
  type Pattern,
  type PatternInput,
  type RegExpPattern,
} from './pattern.js';

/** The option `secrets`: what it selects, and what it excepts (`!pattern`). */
export interface SecretPatterns {
  readonly patterns: readonly SecretRule[];
  readonly exceptions: readonly SecretRule[];
}

/**
 * Understands the option `secrets`.
 *
 * @throws ConfigPatternError where a pattern cannot be parsed
 */
export function secretPatterns(given: readonly PatternInput[] = []): SecretPatterns {
  const isException = (pattern: PatternInput) => typeof pattern === 'string' && pattern.startsWith('!');
  return {
    patterns: given
      .filter((pattern) => !isException(pattern))
      .map((pattern) => ruleOf(compilePattern(pattern))),
    exceptions: given
      .filter(isException)
      .map((pattern) => ruleOf(compilePattern((pattern as string).slice(1)))),
  };
}

/** A pattern that is asked key by key. */
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
    this.selects = path !== '' && pattern.findsAny([path]);
  }

  /** It may find something anywhere, as what its path is. */
  readonly id = undefined;

  below(key: string): SecretRule {
    return new RegExpRule(this.pattern, joinPath(this.path, key));
  }
}
