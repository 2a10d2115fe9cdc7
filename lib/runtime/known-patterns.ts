import { ConfigPatternError } from '../errors/config.errors.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import { formatPath } from '../model/paths.js';
import { resolvePath } from '../model/resolve-path.js';
import { PathPattern, type Pattern, type PatternInput } from '../patterns/pattern.js';
import type { CommitStore } from '../reload/commit.js';
import { keysOfApp } from '../validation/known-keys/app-known-keys.js';
import type { AppSchemas, PlacedSchema } from '../validation/app-schemas.js';
import { type KnownKeys, keysOfValue } from '../validation/known-keys/known-keys.js';
import { guessPattern, reachOf } from '../validation/known-keys/pattern-reach.js';
import type { UnknownKeysPolicy } from '../validation/validation.js';

/** Everything that the check of patterns needs. */
export interface KnownPatternsContext {
  readonly schemas: AppSchemas;
  readonly store: CommitStore;
  readonly logger: SafeLogger;
  readonly unknownKeys: UnknownKeysPolicy;
  /** Returns whether something adds keys that no schema describes: environment variables, factories. */
  readonly areRootKeysOpen: () => boolean;
}

/** The keys that the schemas of an app know. */
interface Known {
  readonly schemas: readonly PlacedSchema[];
  readonly areRootKeysOpen: boolean;
  readonly keys: KnownKeys;
}

/** The names that a pattern is compared with: those that the app reads; or also those that files use. */
type Names = 'read' | 'both';

/**
 * Reports patterns that can select nothing that the schema knows: a misspelled veto would never be called, and a misspelled
 * secret would be printed. A pattern that selects something in force is never reported.
 */
export class KnownPatterns {
  #isStarting = true;
  readonly #reported = new Set<string>();
  /** The keys that the schemas know, and the schemas that they were read from. */
  #known = new Map<Names, Known>();

  constructor(private readonly context: KnownPatternsContext) {}

  /** Ends the start of the app: from now on, patterns are only warned about. */
  started(): void {
    this.#isStarting = false;
  }

  /**
   * Checks patterns that are declared: with a decorator or an option. They are an error while the app starts, if the
   * schema is strict (`unknownKeys: 'reject'`).
   *
   * @throws ConfigPatternError
   */
  checkDeclared(subject: string, patterns: readonly Pattern[], names: Names = 'read'): void {
    const isStrict = this.context.unknownKeys === 'reject' && this.#isStarting;
    for (const { message, isCertain } of this.#mistakesIn(patterns, names)) {
      if (isStrict && isCertain) throw new ConfigPatternError(`${subject}: ${message}`);
      this.#warn(subject, message);
    }
  }

  /** Checks patterns that code passes while the app runs. */
  checkPassed(subject: string, patterns: readonly Pattern[]): void {
    for (const { message } of this.#mistakesIn(patterns, 'read')) this.#warn(subject, message);
  }

  /**
   * Checks the option `secrets`. A pattern with a wildcard is often a precaution (`*_token`) that several apps share, so it
   * is reported only if there is a guess at what was meant.
   *
   * @throws ConfigPatternError
   */
  checkSecrets(patterns: readonly PatternInput[]): void {
    for (const input of patterns) {
      if (typeof input !== 'string') continue;
      if (input.startsWith('!')) this.#checkException(input.slice(1));
      else if (!input.includes('*')) this.checkDeclared('secrets', [new PathPattern(input)], 'both');
      else
        for (const { message, guess } of this.#mistakesIn([new PathPattern(input)], 'both'))
          if (guess !== undefined) this.#warn('secrets', message);
    }
  }

  /** An exception selects only what it names. One that would need quotes has no effect. */
  #checkException(path: string): void {
    const { tree, snapshot } = this.context.store.inForce;
    for (const values of [tree, snapshot?.value]) {
      const resolved = resolvePath(values, path);
      if (resolved === undefined || !('keys' in resolved) || resolved.isExact) continue;
      const meant = formatPath(resolved.keys);
      this.#warn('secrets', `the exception '!${path}' selects nothing; did you mean '!${meant}'?`);
      return;
    }
  }

  #mistakesIn(patterns: readonly Pattern[], names: Names) {
    return patterns.flatMap((pattern) => {
      if (!(pattern instanceof PathPattern) || this.context.schemas.all.length === 0) return [];
      const known = this.#knownBy(names);
      const reach = reachOf(pattern, known);
      if (reach === 'possible' || this.#isInForce(pattern, names)) return [];
      const guess = guessPattern(pattern, known);
      const isCertain = reach === 'impossible';
      if (!isCertain && guess === undefined) return [];
      const hint = guess === undefined ? '' : `; did you mean '${guess}'?`;
      const message = `the pattern '${pattern.source}' matches nothing that the schema knows${hint}`;
      return [{ message, guess, isCertain }];
    });
  }

  #isInForce(pattern: PathPattern, names: Names): boolean {
    const { tree, snapshot } = this.context.store.inForce;
    return [snapshot?.value, ...(names === 'both' && tree !== snapshot?.value ? [tree] : [])].some(
      (values) => reachOf(pattern, keysOfValue(values)) !== 'impossible',
    );
  }

  #knownBy(names: Names): KnownKeys {
    const { schemas, unknownKeys } = this.context;
    const known = this.#known.get(names);
    const areRootKeysOpen = this.context.areRootKeysOpen();
    if (known?.schemas === schemas.all && known.areRootKeysOpen === areRootKeysOpen) return known.keys;
    const areOthersAllowed = unknownKeys === 'allow';
    const keys = keysOfApp(schemas.all, { names, areOthersAllowed, areRootKeysOpen });
    this.#known.set(names, { schemas: schemas.all, areRootKeysOpen, keys });
    return keys;
  }

  #warn(subject: string, message: string): void {
    const line = `${subject}: ${message}`;
    if (this.#reported.has(line)) return;
    this.#reported.add(line);
    this.context.logger.warn(line);
  }
}
