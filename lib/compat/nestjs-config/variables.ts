import { expandVariables } from '../../sources/dotenv/expand-variables.js';
import type { EnvironmentOptions } from './environment-options.interface.js';

/** Variables as files say them: texts, and whatever else a parser of the app's own gives. */
export type Variables = Record<string, unknown>;

/** The environment without what came from files. */
export type Given = Readonly<Record<string, string | undefined>>;

/** What files say together, and what cannot be expanded. */
export interface CombinedVariables {
  readonly variables: Variables;
  /** What of the environment counts beside them. */
  readonly given: Given;
  /**
   * What is in `process.env` whatever a check makes of it: to dotenv-expand, a variable is free that is set to nothing, or
   * to what the file says literally (`node --env-file` and Docker expand nothing).
   */
  readonly expanded: Readonly<Record<string, string>>;
  readonly problems: readonly { readonly key: string; readonly message: string }[];
}

/**
 * What env files say together: an earlier file wins. With `expandVariables`, `$NAME` in a value is what the environment
 * says, then a file before it, then a line above.
 */
export function combineVariables(
  files: readonly Variables[],
  given: Given,
  options: EnvironmentOptions,
  maxLength: number,
): CombinedVariables {
  if (!options.expandVariables) {
    const variables = files.reduce((stronger, file) => ({ ...file, ...stronger }), {});
    return { variables, given, expanded: {}, problems: [] };
  }
  const { variables, problems } = expandedVariables(files, given, options, maxLength);
  // Where dotenv-expand is given an object of the app's own, it leaves `process.env` to others.
  if (ownEnvironment(options) !== undefined) return { variables, given, expanded: {}, problems };
  const free = Object.entries(textsIn(variables)).filter(([name]) => {
    const said = files.find((file) => Object.hasOwn(file, name))?.[name];
    return options.override === true || !given[name] || given[name] === said;
  });
  const texts = Object.fromEntries(free);
  return { variables, given: without(given, texts), expanded: texts, problems };
}

/** What belongs into `process.env`, as text: what was given stays, unless files override it. */
export function placeable(
  tree: Readonly<Variables>,
  expanded: Readonly<Record<string, string>>,
  given: Given,
  { override }: EnvironmentOptions,
): Map<string, string> {
  const variables = new Map(Object.entries(expanded));
  for (const [name, value] of Object.entries(tree)) {
    if (!override && (name in given || name in expanded)) continue;
    if (typeof value === 'string') variables.set(name, value);
    else if (typeof value === 'boolean' || typeof value === 'number') variables.set(name, `${value}`);
  }
  return variables;
}

/** The environment with what was placed in it. */
export function placedIn(given: Given, placed: ReadonlyMap<string, string>): Given {
  return { ...given, ...Object.fromEntries(placed) };
}

function expandedVariables(
  files: readonly Variables[],
  given: Given,
  options: EnvironmentOptions,
  maxLength: number,
): Pick<CombinedVariables, 'variables' | 'problems'> {
  const problems: CombinedVariables['problems'][number][] = [];
  let variables: Variables = {};
  const own = ownEnvironment(options);
  for (const file of files) {
    const texts = textsIn(file);
    // Where files override the environment, what is meant by a name is what the file says of it.
    const outer = own ?? (options.override ? without(given, file) : given);
    const standing = setOtherwise(outer, texts);
    const environment = { ...outer, ...textsIn(variables) };
    const { values, problems: found } = expandVariables(texts, environment, maxLength, standing);
    problems.push(...found);
    variables = { ...file, ...values, ...variables };
  }
  return { variables, problems };
}

/** Those that are set to something else than what the file says. */
function setOtherwise(environment: Given, file: Readonly<Record<string, string>>): Record<string, string> {
  const set = Object.keys(file).flatMap((name) => {
    const value = environment[name];
    return value && value !== file[name] ? [[name, value] as const] : [];
  });
  return Object.fromEntries(set);
}

/** The object that `expandVariables` says to look into, instead of `process.env`. */
function ownEnvironment({ expandVariables: expand }: EnvironmentOptions): Given | undefined {
  return typeof expand === 'object' ? expand.processEnv : undefined;
}

function textsIn(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function without(environment: Given, file: Variables): Given {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !(name in file)));
}
