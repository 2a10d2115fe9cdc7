import type { PredefinedVariables, Variables } from './combine-variables.js';
import type { EnvironmentOptions } from './environment-options.js';
import { isValidated, type ValidatedVariables, validateVariables } from './validate-variables.js';

/** Decides which variables are validated, and which of them become part of the configuration. */
export class EnvValidation {
  /** The last valid input: the same input is not validated twice. */
  #valid:
    | { readonly input: string; readonly validated: ValidatedVariables; readonly returnsAll: boolean }
    | undefined;

  constructor(readonly options: EnvironmentOptions) {}

  /** Validates variables as the options require. Synchronous if possible. */
  validate(
    variables: Variables,
    predefined: PredefinedVariables,
  ): ValidatedVariables | Promise<ValidatedVariables> {
    const variablesToValidate = this.#inputOf(variables, predefined);
    const input = JSON.stringify(variablesToValidate);
    if (this.#valid?.input === input) return this.#valid.validated;
    const validated = validateVariables(variablesToValidate, this.options);
    return validated instanceof Promise
      ? validated.then((result) => this.#remember(input, result, predefined))
      : this.#remember(input, validated, predefined);
  }

  /** `true` if the validation returns the whole environment: then all of it counts as validated. */
  get returnsEnvironment(): boolean {
    return this.#valid?.returnsAll ?? false;
  }

  /**
   * Selects the variables that become part of the configuration: those of files; and of the environment, those that the
   * validation declares, gives a default or converts. All other variables are read from the environment and not stored.
   */
  configurationOf(variables: Variables, validated: Variables, predefined: PredefinedVariables): Variables {
    const { override } = this.options;
    const declaresAll = !returnsEverything(validated, predefined);
    return Object.fromEntries(
      Object.entries(validated).filter(([name, value]) => {
        if (value === undefined) return false;
        if (!(name in predefined) || value !== predefined[name]) return true;
        return isValidated(this.options) && (declaresAll || (override === true && name in variables));
      }),
    );
  }

  #remember(
    input: string,
    validated: ValidatedVariables,
    predefined: PredefinedVariables,
  ): ValidatedVariables {
    if (validated.issues !== undefined) return validated;
    const returnsAll = this.#validatesEnvironment && returnsEverything(validated.values, predefined);
    this.#valid = { input, validated, returnsAll };
    return validated;
  }

  get #validatesEnvironment(): boolean {
    const { ignoreEnvVars, validatePredefined } = this.options;
    return isValidated(this.options) && !ignoreEnvVars && validatePredefined !== false;
  }

  #inputOf(variables: Variables, predefined: PredefinedVariables): Variables {
    const { override } = this.options;
    if (!isValidated(this.options)) {
      return override ? variables : { ...variables, ...pick(predefined, Object.keys(variables)) };
    }
    if (!this.#validatesEnvironment) return variables;
    return override ? { ...predefined, ...variables } : { ...variables, ...predefined };
  }
}

/** Checks whether a validation returns the whole environment: then its result does not show what it declares. */
function returnsEverything(validated: Variables, predefined: PredefinedVariables): boolean {
  return Object.keys(predefined).every((name) => name in validated);
}

function pick(predefined: PredefinedVariables, names: readonly string[]): Variables {
  return Object.fromEntries(names.flatMap((name) => (name in predefined ? [[name, predefined[name]]] : [])));
}
