import type { EnvironmentOptions } from './environment-options.interface.js';
import { type CheckedVariables, checkVariables, isChecked } from './environment-check.js';
import type { Given, Variables } from './variables.js';

/** How variables become configuration. */
export class EnvironmentRules {
  /** What was found good last: it need not be checked twice. */
  #good: { readonly input: string; readonly checked: CheckedVariables; readonly hands: boolean } | undefined;

  constructor(readonly options: EnvironmentOptions) {}

  /** What the app's check makes of variables. At once, where that can be. */
  check(variables: Variables, given: Given): CheckedVariables | Promise<CheckedVariables> {
    const input = this.#inputOf(variables, given);
    const text = JSON.stringify(input);
    if (this.#good?.input === text) return this.#good.checked;
    const checked = checkVariables(input, this.options);
    return checked instanceof Promise
      ? checked.then((result) => this.#remember(text, result, given))
      : this.#remember(text, checked, given);
  }

  /** Whether the check hands on all of the environment: then all of it counts as checked. */
  get handsOnEnvironment(): boolean {
    return this.#good?.hands ?? false;
  }

  #remember(input: string, checked: CheckedVariables, given: Given): CheckedVariables {
    if (checked.issues !== undefined) return checked;
    const hands = this.#checksEnvironment && this.#passesUndeclared(checked.values, given);
    this.#good = { input, checked, hands };
    return checked;
  }

  get #checksEnvironment(): boolean {
    const { ignoreEnvVars, validatePredefined } = this.options;
    return isChecked(this.options) && !ignoreEnvVars && validatePredefined !== false;
  }

  /**
   * What of the checked variables is configuration: what files say; and of the environment, what the check has declared,
   * given a default or made something else of. What else is in the environment is read there, and kept nowhere.
   */
  treeOf(variables: Variables, checked: Variables, given: Given): Variables {
    const { override } = this.options;
    const isDeclared = !this.#passesUndeclared(checked, given);
    return Object.fromEntries(
      Object.entries(checked).filter(([name, value]) => {
        if (value === undefined) return false;
        if (!(name in given) || value !== given[name]) return true;
        return isChecked(this.options) && (isDeclared || (override === true && name in variables));
      }),
    );
  }

  #inputOf(variables: Variables, given: Given): Variables {
    const { override } = this.options;
    if (!isChecked(this.options)) {
      return override ? variables : { ...variables, ...pick(given, Object.keys(variables)) };
    }
    if (!this.#checksEnvironment) return variables;
    return override ? { ...given, ...variables } : { ...variables, ...given };
  }

  /** Whether a check gives back all of the environment: then it cannot be told what it declares. */
  #passesUndeclared(checked: Variables, given: Given): boolean {
    return Object.keys(given).every((name) => name in checked);
  }
}

function pick(given: Given, names: readonly string[]): Variables {
  return Object.fromEntries(names.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
}
