/** Something that knows secrets by their place: a pattern, the classes of a schema. Asked key by key, from the root. */
export interface SecretRule {
  /** Whether it selects the value here, and with it all below. */
  readonly selects: boolean;
  /** Names the state: what has the same selects the same below. Undefined where each place has a state of its own. */
  readonly id: string | undefined;
  /** What it is one key further; undefined where it can select nothing any more. */
  below(key: string): SecretRule | undefined;
}

/** What is known of one place in a tree. Whoever walks a tree goes along with `below`, and pays for each key once. */
export interface SecretScope {
  /** Whether the value here, and all below it, is secret. */
  readonly isSecret: boolean;
  /** Whether somebody said so, and not only its name. */
  readonly isDeclared: boolean;
  /** Whether an exception says that neither names nor patterns count here. */
  readonly isExempt: boolean;
  /** Names the state: where two places share it, the same is secret below them. */
  readonly id: string;
  below(key: string): SecretScope;
  /** A text that stands here, without the secrets in it. */
  hide(text: string): string;
}

/** The rules that hold at one place. */
export interface ScopeRules {
  /** Said by the schema: these have no exceptions. */
  readonly declared: readonly SecretRule[];
  readonly patterns: readonly SecretRule[];
  readonly exceptions: readonly SecretRule[];
}

/** What holds everywhere. */
export interface ScopeContext {
  /** Whether a key tells by its name that its value is secret. */
  readonly isSecretName: (key: string) => boolean;
  /** A text without the secrets that are known. */
  readonly redactText: (text: string) => string;
}

/** How many states, and steps from one to the next, are remembered. Keys come from files. */
const STATES_LIMIT = 1_000;
const STEPS_LIMIT = 20_000;

/** The scope of the root of a tree. */
export function rootScope(rules: ScopeRules, context: ScopeContext): SecretScope {
  const scopes = new Scopes(context);
  const patterns = rules.patterns.filter(({ id }) => id !== undefined);
  const placed = rules.patterns.filter(({ id }) => id === undefined);
  const root = scopes.at({ ...rules, patterns }, true);
  return placed.length === 0 ? root : new PlacedScope(root, placed, '', scopes.declared);
}

/** All scopes of one policy. */
class Scopes {
  /** Secret, and so is everything below. */
  readonly declared = this.#constant('secret', true, true);
  readonly #named = this.#constant('named', true, false);
  /** Nothing below is secret: an exception says so. */
  readonly #free = this.#constant('free', false, true);
  /** Where only names tell. */
  readonly #open: SecretScope;
  readonly #states = new Map<string, SecretScope>();
  #steps = 0;

  constructor(private readonly context: ScopeContext) {
    const { redactText: hide, isSecretName } = context;
    const open: SecretScope = {
      isSecret: false,
      isDeclared: false,
      isExempt: false,
      id: 'open',
      below: (key) => (isSecretName(key) ? this.#named : open),
      hide,
    };
    this.#open = open;
  }

  /** The scope where `rules` hold. `byName`: whether names count; `key`: the one it is under. */
  at(rules: ScopeRules, byName: boolean, key?: string): SecretScope {
    const { declared, patterns, exceptions } = rules;
    if (declared.some(selects)) return this.declared;
    if (exceptions.some(selects)) return this.#ruled({ declared, patterns: [], exceptions: [] }, false);
    if (patterns.some(selects)) return this.declared;
    if (byName && key !== undefined && this.context.isSecretName(key)) return this.#named;
    return this.#ruled(rules, byName);
  }

  /** A place where some rule may still select something. */
  #ruled(rules: ScopeRules, byName: boolean): SecretScope {
    const { declared, patterns, exceptions } = rules;
    if (declared.length + patterns.length + exceptions.length === 0) return byName ? this.#open : this.#free;
    const id = [declared, patterns, exceptions, [{ id: `${byName}` }]].map(idsOf).join(';');
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const scope = this.#stepping(id, rules, byName);
    if (this.#states.size < STATES_LIMIT) this.#states.set(id, scope);
    return scope;
  }

  #stepping(id: string, rules: ScopeRules, byName: boolean): SecretScope {
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
      if (this.#steps < STEPS_LIMIT) {
        this.#steps += 1;
        members.set(key, scope);
      }
      return scope;
    };
    return {
      isSecret: false,
      isDeclared: false,
      isExempt: !byName,
      id,
      below,
      hide: this.context.redactText,
    };
  }

  #constant(id: string, isSecret: boolean, isDeclared: boolean): SecretScope {
    const scope: SecretScope = {
      isSecret,
      isDeclared,
      isExempt: !isSecret,
      id,
      below: () => scope,
      hide: (text) => this.context.redactText(text),
    };
    return scope;
  }
}

/** A place of which some patterns want to know the whole path, on top of what the other rules say of it. */
class PlacedScope implements SecretScope {
  readonly isSecret = false;
  readonly isDeclared = false;
  readonly isExempt = false;

  constructor(
    private readonly inner: SecretScope,
    private readonly patterns: readonly SecretRule[],
    private readonly path: string,
    private readonly declared: SecretScope,
  ) {}

  /** With its path: what is below it depends on that. */
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

  hide(text: string): string {
    return this.inner.hide(text);
  }
}

function step(rules: readonly SecretRule[], key: string): readonly SecretRule[] {
  // Most of a tree is far from any rule: no list is made for it.
  return rules.length === 0 ? rules : rules.flatMap((rule) => rule.below(key) ?? []);
}

function selects(rule: SecretRule): boolean {
  return rule.selects;
}

function idsOf(rules: readonly Pick<SecretRule, 'id'>[]): string {
  return rules.map(({ id }) => id).join();
}
