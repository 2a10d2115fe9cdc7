/** Something that knows secrets by their place: a pattern, the classes of a schema. Asked key by key, from the root. */
export interface SecretRule {
  /** Whether it selects the value here, and with it all below. */
  readonly selects: boolean;
  /** What it is one key further; undefined where it can select nothing any more. */
  below(key: string): SecretRule | undefined;
}

/** What is known of one place in a tree. Whoever walks a tree goes along with `below`, and pays for each key once. */
export interface SecretScope {
  /** Whether the value here, and all below it, is secret. */
  readonly isSecret: boolean;
  /** Whether somebody said so, and not only its name. */
  readonly isDeclared: boolean;
  /** Names the state: where two places share it, the same is secret below them. */
  readonly id: string;
  below(key: string): SecretScope;
}

/** Secret, and so is everything below. */
const DECLARED: SecretScope = { isSecret: true, isDeclared: true, id: 'secret', below: () => DECLARED };
const NAMED: SecretScope = { isSecret: true, isDeclared: false, id: 'named', below: () => NAMED };

/** Nothing below is secret: an exception says so. */
const FREE: SecretScope = { isSecret: false, isDeclared: true, id: 'free', below: () => FREE };

/** The rules that hold at one place. */
export interface ScopeRules {
  /** Said by the schema: these have no exceptions. */
  readonly declared: readonly SecretRule[];
  readonly patterns: readonly SecretRule[];
  readonly exceptions: readonly SecretRule[];
  /** Whether a key tells by its name that its value is secret. */
  readonly isSecretName: (key: string) => boolean;
}

/** The scope of the root of a tree. */
export function rootScope(rules: ScopeRules): SecretScope {
  const open: SecretScope = {
    isSecret: false,
    isDeclared: false,
    id: 'open',
    below: (key) => (rules.isSecretName(key) ? NAMED : open),
  };
  return scopeOf(rules, '', open, undefined);
}

/** A place where some rule may still select something. */
class RuledScope implements SecretScope {
  readonly isSecret = false;
  readonly isDeclared = false;

  constructor(
    private readonly rules: ScopeRules,
    readonly id: string,
    private readonly open: SecretScope,
  ) {}

  below(key: string): SecretScope {
    const { declared, patterns, exceptions, isSecretName } = this.rules;
    const next = {
      declared: step(declared, key),
      patterns: step(patterns, key),
      exceptions: step(exceptions, key),
      isSecretName,
    };
    return scopeOf(next, `${this.id}.${key}`, this.open, key);
  }
}

/** Free of names and patterns; what the schema says still holds. */
const NO_NAMES = { patterns: [], exceptions: [], isSecretName: () => false };

function scopeOf(rules: ScopeRules, id: string, open: SecretScope, key: string | undefined): SecretScope {
  const { declared, patterns, exceptions, isSecretName } = rules;
  if (declared.some(selects)) return DECLARED;
  if (exceptions.some(selects))
    return declared.length === 0 ? FREE : new RuledScope({ declared, ...NO_NAMES }, `${id}!`, FREE);
  if (patterns.some(selects)) return DECLARED;
  if (key !== undefined && isSecretName(key)) return NAMED;
  const isOver = declared.length === 0 && patterns.length === 0 && exceptions.length === 0;
  return isOver ? open : new RuledScope(rules, id, open);
}

function step(rules: readonly SecretRule[], key: string): readonly SecretRule[] {
  // Most of a tree is far from any rule: no list is made for it.
  return rules.length === 0 ? rules : rules.flatMap((rule) => rule.below(key) ?? []);
}

function selects(rule: SecretRule): boolean {
  return rule.selects;
}
