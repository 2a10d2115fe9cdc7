/** A rule that selects secrets by their place: a pattern, or the classes of a schema. Followed key by key from the root. */
export interface SecretRule {
  /** `true` if it selects the value here, with everything below it. */
  readonly selects: boolean;
  /** The name of the state: rules with the same name select the same below. Undefined if every place has its own state. */
  readonly id: string | undefined;
  /** Returns the rule one key further down; undefined if it cannot select anything there. */
  below(key: string): SecretRule | undefined;
}

/** The secrecy of one place in a tree. Code that walks a tree calls `below` for each key, which costs once per key. */
export interface SecretScope {
  /** `true` if the value here, with everything below it, is secret. */
  readonly isSecret: boolean;
  /** `true` if an exception applies: neither names nor patterns count here. */
  readonly isExempt: boolean;
  /** The name of the state: below two places with the same name, the same is secret. */
  readonly id: string;
  below(key: string): SecretScope;
  /** Returns a string at this place without the secrets in it. */
  redactText(text: string): string;
}

/** The rules that apply at one place. */
export interface ScopeRules {
  /** From the schema; exceptions do not apply to these. */
  readonly declared: readonly SecretRule[];
  readonly patterns: readonly SecretRule[];
  readonly exceptions: readonly SecretRule[];
}

/** Functions that do not depend on the place. */
export interface ScopeContext {
  /** Returns whether the name of a key says that its value is secret. */
  readonly isSecretName: (key: string) => boolean;
  /** Returns a string without the known secrets. */
  readonly redactText: (text: string) => string;
}

/** Maximum number of states, and of steps between them, that are remembered; keys come from files. */
const MAX_STATES = 1_000;
const MAX_STEPS = 20_000;

/**
 * Creates the scope of the root of a tree. Precedence, highest first: what the schema declares, exceptions, patterns, the
 * names of keys. The first that selects a value decides about everything below it, save for what the schema declares.
 */
export function rootScope(rules: ScopeRules, context: ScopeContext): SecretScope {
  const scopes = new Scopes(context);
  const patterns = rules.patterns.filter(({ id }) => id !== undefined);
  const placed = rules.patterns.filter(({ id }) => id === undefined);
  const root = scopes.at({ ...rules, patterns }, true);
  return placed.length === 0 ? root : new PlacedScope(root, placed, '', scopes.declared);
}

/** All scopes of one policy. */
class Scopes {
  /** Secret by a rule, with everything below. */
  readonly declared = this.#constant('secret', true);
  /** Secret by the name of a key, with everything below. */
  readonly #named = this.#constant('named', true);
  /** Not secret by an exception, with everything below. */
  readonly #free = this.#constant('free', false);
  /** Only names count here. */
  readonly #open: SecretScope;
  readonly #states = new Map<string, SecretScope>();
  #steps = 0;

  constructor(private readonly context: ScopeContext) {
    const { redactText, isSecretName } = context;
    const open: SecretScope = {
      isSecret: false,
      isExempt: false,
      id: 'open',
      below: (key) => (isSecretName(key) ? this.#named : open),
      redactText,
    };
    this.#open = open;
  }

  /** Returns the scope where `rules` apply, by precedence. `byName`: names count too; `key`: the key of this place. */
  at(rules: ScopeRules, byName: boolean, key?: string): SecretScope {
    const { declared, patterns, exceptions } = rules;
    if (declared.some(selects)) return this.declared;
    if (exceptions.some(selects)) return this.#ruled({ declared, patterns: [], exceptions: [] }, false);
    if (patterns.some(selects)) return this.declared;
    if (byName && key !== undefined && this.context.isSecretName(key)) return this.#named;
    return this.#ruled(rules, byName);
  }

  /** Returns the scope of a place below which a rule may still select something. */
  #ruled(rules: ScopeRules, byName: boolean): SecretScope {
    const { declared, patterns, exceptions } = rules;
    if (declared.length + patterns.length + exceptions.length === 0) return byName ? this.#open : this.#free;
    const id = [declared, patterns, exceptions, [{ id: `${byName}` }]].map(idsOf).join(';');
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const scope = this.#createState(id, rules, byName);
    if (this.#states.size < MAX_STATES) this.#states.set(id, scope);
    return scope;
  }

  #createState(id: string, rules: ScopeRules, byName: boolean): SecretScope {
    const members = new Map<string, SecretScope>();
    const below = (key: string) => {
      const known = members.get(key);
      if (known !== undefined) return known;
      const next = {
        declared: step(rules.declared, key),
        patterns: step(rules.patterns, key),
        exceptions: step(rules.exceptions, key),
      };
      const scope = this.at(next, byName, key);
      if (this.#steps < MAX_STEPS) {
        this.#steps += 1;
        members.set(key, scope);
      }
      return scope;
    };
    return {
      isSecret: false,
      isExempt: !byName,
      id,
      below,
      redactText: this.context.redactText,
    };
  }

  #constant(id: string, isSecret: boolean): SecretScope {
    const scope: SecretScope = {
      isSecret,
      isExempt: !isSecret,
      id,
      below: () => scope,
      redactText: (text) => this.context.redactText(text),
    };
    return scope;
  }
}

/** A place with patterns that need the whole path (a RegExp), on top of the other rules. */
class PlacedScope implements SecretScope {
  readonly isSecret = false;
  readonly isExempt = false;

  constructor(
    private readonly inner: SecretScope,
    private readonly patterns: readonly SecretRule[],
    private readonly path: string,
    private readonly declared: SecretScope,
  ) {}

  /** Includes the path, on which everything below depends. */
  get id(): string {
    return `${this.inner.id} at ${this.path}`;
  }

  below(key: string): SecretScope {
    const inner = this.inner.below(key);
    if (inner.isExempt) return inner;
    const patterns = step(this.patterns, key);
    if (patterns.some(selects)) return this.declared;
    if (inner.isSecret) return inner;
    return new PlacedScope(inner, patterns, `${this.path}\u0000${key}`, this.declared);
  }

  redactText(text: string): string {
    return this.inner.redactText(text);
  }
}

function step(rules: readonly SecretRule[], key: string): readonly SecretRule[] {
  // Most places have no rules: no new list is created for them.
  return rules.length === 0 ? rules : rules.flatMap((rule) => rule.below(key) ?? []);
}

function selects(rule: SecretRule): boolean {
  return rule.selects;
}

function idsOf(rules: readonly Pick<SecretRule, 'id'>[]): string {
  return rules.map(({ id }) => id).join();
}
