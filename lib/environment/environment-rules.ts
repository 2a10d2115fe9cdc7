import type { EnvironmentOptions } from '../interfaces/environment-options.interface.js';
import { type CheckedVariables, checkVariables, isChecked } from './environment-check.js';
import type { Variables } from './variables.js';

/** The environment without what came from files. */
export type Given = Readonly<Record<string, string | undefined>>;

/** How variables become configuration. */
export class EnvironmentRules {
  /** What was found good last: it need not be checked twice. */
  #good: { readonly input: string; readonly checked: CheckedVariables } | undefined;

  constructor(readonly options: EnvironmentOptions) {}

  /** What the app's check makes of variables. At once, where that can be. */
  check(variables: Variables, given: Given): CheckedVariables | Promise<CheckedVariables> {
    const input = this.#inputOf(variables, given);
    const text = JSON.stringify(input);
    if (this.#good?.input === text) return this.#good.checked;
    const checked = checkVariables(input, this.options);
    return checked instanceof Promise
      ? checked.then((result) => this.#remember(text, result))
      : this.#remember(text, checked);
  }

  #remember(input: string, checked: CheckedVariables): CheckedVariables {
    if (checked.issues === undefined) this.#good = { input, checked };
    return checked;
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
    const { ignoreEnvVars, validatePredefined, override } = this.options;
    if (!isChecked(this.options)) {
      return override ? variables : { ...variables, ...pick(given, Object.keys(variables)) };
    }
    if (ignoreEnvVars || validatePredefined === false) return variables;
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
