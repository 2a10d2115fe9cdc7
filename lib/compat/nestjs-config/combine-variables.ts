import { type ExpansionNote, expandVariables } from '../../sources/dotenv/expand-variables.js';
import type { EnvironmentOptions } from './environment-options.js';

/** Variables by name: strings, and any other values that the app's own `parser` returns. */
export type Variables = Record<string, unknown>;

/** The variables of the environment that no env file assigned: those that `validatePredefined` is about. */
export type PredefinedEnv = Readonly<Record<string, string | undefined>>;

/** The variables of several env files together, and those that cannot be expanded. */
export interface CombinedVariables {
  readonly variables: Variables;
  /** The predefined variables that `replaced` does not replace. */
  readonly predefined: PredefinedEnv;
  /**
   * Variables that are assigned to `process.env` whatever the validation returns: copies of lines that have changed since.
   * And dotenv-expand replaces a variable that is empty, or has literally the value of the file (`node --env-file` and
   * Docker expand nothing).
   */
  readonly replaced: Readonly<Record<string, string>>;
  readonly problems: readonly ExpansionNote[];
  readonly warnings: readonly ExpansionNote[];
}

/**
 * Combines the variables of env files: an earlier file overrides a later one. With `expandVariables`, `$NAME` in a value
 * is the value of the environment, else of an earlier file, else of a line above.
 *
 * @param copied lines of files that count instead of the variable of the environment, which is a copy of an earlier state
 */
export function combineVariables(
  files: readonly Variables[],
  predefined: PredefinedEnv,
  options: EnvironmentOptions,
  maxLength: number,
  copied: Readonly<Record<string, string>> = {},
): CombinedVariables {
  const others = without(predefined, copied);
  if (!options.expandVariables) {
    const variables = files.reduce((stronger, file) => ({ ...file, ...stronger }), {});
    return { variables, predefined: others, replaced: copied, problems: [], warnings: [] };
  }
  const environment = { ...predefined, ...copied };
  const { variables, ...notes } = expand(files, environment, options, maxLength);
  // If dotenv-expand is given an object of the app, it does not touch `process.env`.
  if (expansionEnvironment(options) !== undefined)
    return { variables, predefined: others, replaced: copied, ...notes };
  const replaceable = Object.entries(stringsIn(variables)).filter(([name]) => {
    const literal = files.find((file) => Object.hasOwn(file, name))?.[name];
    return options.override === true || !environment[name] || environment[name] === literal;
  });
  const replaced = Object.fromEntries(replaceable);
  return { variables, predefined: without(predefined, replaced), replaced, ...notes };
}

/** Returns the variables to assign to `process.env`. Predefined variables stay, unless files override them. */
export function assignableVariables(
  tree: Readonly<Variables>,
  replaced: Readonly<Record<string, string>>,
  predefined: PredefinedEnv,
  { override }: EnvironmentOptions,
): Map<string, string> {
  const variables = new Map(Object.entries(replaced));
  for (const [name, value] of Object.entries(tree)) {
    if (!override && (name in predefined || name in replaced)) continue;
    const string = envString(value);
    if (string !== undefined) variables.set(name, string);
  }
  return variables;
}

/** Converts a value to the string that `process.env` holds; undefined if it cannot hold it. */
export function envString(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined;
}

function expand(
  files: readonly Variables[],
  predefined: PredefinedEnv,
  options: EnvironmentOptions,
  maxLength: number,
): Pick<CombinedVariables, 'variables' | 'problems' | 'warnings'> {
  let problems: readonly ExpansionNote[] = [];
  let warnings: readonly ExpansionNote[] = [];
  let variables: Variables = {};
  const own = expansionEnvironment(options);
  for (const file of files) {
    const strings = stringsIn(file);
    // If files override the environment, a name refers to the value in the file.
    const outer = own ?? (options.override ? without(predefined, file) : predefined);
    const unchanged = setDifferently(outer, strings);
    const environment = { ...outer, ...stringsIn(variables) };
    const expanded = expandVariables(strings, environment, maxLength, unchanged);
    const earlier = variables;
    problems = [...problems, ...expanded.problems];
    warnings = [...warnings, ...expanded.warnings.filter(({ key }) => !Object.hasOwn(earlier, key))];
    variables = { ...file, ...expanded.values, ...variables };
  }
  return { variables, problems, warnings };
}

/** Returns the variables of the environment that differ from the value in the file. */
function setDifferently(
  environment: PredefinedEnv,
  file: Readonly<Record<string, string>>,
): Record<string, string> {
  const set = Object.keys(file).flatMap((name) => {
    const value = environment[name];
    return value && value !== file[name] ? [[name, value] as const] : [];
  });
  return Object.fromEntries(set);
}

/** Returns the object that the option `expandVariables` names in place of `process.env`. */
function expansionEnvironment({ expandVariables: option }: EnvironmentOptions): PredefinedEnv | undefined {
  return typeof option === 'object' ? option.processEnv : undefined;
}

function stringsIn(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function without(environment: PredefinedEnv, file: Variables): PredefinedEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !(name in file)));
}
