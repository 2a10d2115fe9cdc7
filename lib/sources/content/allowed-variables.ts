import type { SecretPolicy } from '../../secrets/secret-policy.js';
import { closestName } from '../../util/did-you-mean.js';
import { ReadError } from './read-error.js';

/** The variable that apps name their files by. It says nothing about the machine. */
const USUAL = 'NODE_ENV';

/** Longer names are no variables, and would be expensive to compare with patterns. */
const LONGEST_NAME = 200;

/** A source that reads environment variables: those with its prefix are configuration already. */
export interface VariableReader {
  readonly prefix: string;
  /** Returns the path of the value of a variable with the prefix. */
  keysOf(name: string): readonly string[];
}

/** The parts that decide which variables are allowed. */
export interface AllowedVariablesContext {
  /** Names, and patterns with `*`. Default: `NODE_ENV`, and the prefixes of the readers. */
  readonly listed?: readonly string[] | undefined;
  readonly readers: () => readonly VariableReader[];
  readonly secrets: Pick<SecretPolicy, 'isSecret' | 'containsSecret'>;
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * The environment variables that files may refer to, in values and in the paths of imports. The author of a file could
 * otherwise read every variable of the process, and let the app send it elsewhere.
 */
export class AllowedVariables {
  /** Each pattern is compiled once: a file may have very many references. */
  readonly #expressions = new Map<string, RegExp>();

  constructor(private readonly context: AllowedVariablesContext) {}

  get #environment(): NodeJS.ProcessEnv {
    return this.context.environment ?? process.env;
  }

  get #patterns(): readonly string[] {
    const { listed, readers } = this.context;
    // A source without a prefix reads all variables, and declares none.
    const prefixes = new Set(readers().flatMap(({ prefix }) => (prefix === '' ? [] : [`${prefix}*`])));
    return listed ?? [USUAL, ...prefixes];
  }

  /** Returns the value of a variable, allowed or not. Never a member that all objects inherit. */
  valueOf(name: string): string | undefined {
    return Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
  }

  /** Returns `true` if the value of a variable is secret, by its name or by the path that it is read into. */
  isSecret(name: string): boolean {
    const { secrets, readers } = this.context;
    const isSecretPath = (reader: VariableReader) =>
      name.startsWith(reader.prefix) && secrets.isSecret(reader.keysOf(name));
    return secrets.isSecret([name]) || readers().some(isSecretPath);
  }

  /** Returns the reason why files may not refer to a variable, and what to do; undefined if they may. */
  refusalOf(name: string): string | undefined {
    const patterns = this.#patterns;
    if (patterns.includes(name)) return undefined;
    const isSelected = this.#isSelected(name, patterns);
    if (isSelected && !this.isSecret(name)) return undefined;
    const allowed = patterns.length > 10 ? '…, ' : patterns.map((each) => `'${each}', `).join('');
    const allow = `{ interpolate: { environment: [${allowed}'${name}'] } }`;
    if (isSelected)
      return `is secret, so files may refer to it only if it is listed by its full name: ${allow}`;
    const guess = this.#guess(name, patterns);
    const meant = guess === undefined ? '' : `; did you mean \${${guess}}?`;
    return `is not an environment variable that files may refer to; allow it with ${allow}${meant}`;
  }

  /**
   * Returns the value of a variable for the path of an import, which logs and the status show: never a secret.
   *
   * @throws ReadError if files may not refer to the variable
   */
  readonly forPath = (name: string): string | undefined => {
    const value = this.valueOf(name);
    if (this.isSecret(name) || this.context.secrets.containsSecret(value)) {
      const message = `has \${${name}} in its path, but that variable is secret, and paths are shown`;
      throw new ReadError(`${message}; use another variable, or write the name of the file`, 'SECRET', false);
    }
    const refusal = this.refusalOf(name);
    if (refusal === undefined) return value;
    throw new ReadError(`has \${${name}} in its path, which ${refusal}`, 'NOT_ALLOWED', false);
  };

  #isSelected(name: string, patterns: readonly string[]): boolean {
    return name.length <= LONGEST_NAME && patterns.some((pattern) => this.#expressionOf(pattern).test(name));
  }

  /** Of several `*` in a row, one counts: each more would multiply the time of a comparison. */
  #expressionOf(pattern: string): RegExp {
    const known = this.#expressions.get(pattern);
    const expression = known ?? new RegExp(`^${pattern.replaceAll(/\*+/g, '\\w*')}$`);
    if (known === undefined) this.#expressions.set(pattern, expression);
    return expression;
  }

  #guess(name: string, patterns: readonly string[]): string | undefined {
    const known = Object.keys(this.#environment).filter((each) => this.#isSelected(each, patterns));
    return closestName(name, known);
  }
}
